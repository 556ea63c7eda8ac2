package io.rlhf4j.launcher.flywheel;

import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Whether a round is kept, from its scores beside those of the best model before, prompt by prompt.
 *
 * @param kept whether the mean rose by more than asked for
 * @param gain mean of the differences
 * @param error standard error of that mean
 */
record Verdict(boolean kept, double gain, double error) {

  /**
   * @param minGain by how much the mean must rise
   * @param minErrors and by how many of its standard errors
   */
  static Verdict of(double[] now, double[] before, double minGain, double minErrors) {
    double[] differences = IntStream.range(0, now.length).mapToDouble(i -> now[i] - before[i]).toArray();
    double mean = DoubleStream.of(differences).average().orElse(0);
    double squares = DoubleStream.of(differences).map(d -> (d - mean) * (d - mean)).sum();
    double error = now.length < 2 ? 0 : Math.sqrt(squares / (now.length - 1) / now.length);
    return new Verdict(mean > minGain && mean > minErrors * error, mean, error);
  }
}
