package io.rlhf4j.launcher.flywheel;

import java.util.stream.DoubleStream;

/**
 * Whether a round is kept, from how much its answers are better than those of the best model before, prompt by prompt.
 *
 * @param kept whether the mean rose by more than asked for
 * @param gain mean of the differences
 * @param error standard error of that mean
 * @param undecided prompts on which nothing could be said; they count as equal
 */
record Verdict(boolean kept, double gain, double error, int undecided) {

  /**
   * @param differences newer minus older; NaN where nothing could be said
   * @param minGain by how much the mean must rise
   * @param minErrors and by how many of its standard errors
   */
  static Verdict of(double[] differences, double minGain, double minErrors) {
    double[] known = DoubleStream.of(differences).map(difference -> Double.isNaN(difference) ? 0 : difference)
        .toArray();
    double mean = DoubleStream.of(known).average().orElse(0);
    double squares = DoubleStream.of(known).map(d -> (d - mean) * (d - mean)).sum();
    double error = known.length < 2 ? 0 : Math.sqrt(squares / (known.length - 1) / known.length);
    int undecided = (int) DoubleStream.of(differences).filter(Double::isNaN).count();
    return new Verdict(mean > minGain && mean > minErrors * error, mean, error, undecided);
  }
}
