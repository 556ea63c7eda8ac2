package io.rlhf4j.reward;

import java.util.stream.DoubleStream;

/**
 * Where scores lie. Quantiles between two scores are interpolated linearly, as numpy does.
 *
 * @param min least
 * @param low a tenth is below
 * @param median half is below
 * @param high a tenth is above
 * @param max greatest
 */
public record ScoreRange(double min, double low, double median, double high, double max) {

  /** Of at least one score. */
  static ScoreRange of(DoubleStream scores) {
    double[] sorted = scores.sorted().toArray();
    return new ScoreRange(sorted[0], quantile(sorted, 0.1), quantile(sorted, 0.5), quantile(sorted, 0.9),
        sorted[sorted.length - 1]);
  }

  private static double quantile(double[] sorted, double share) {
    double position = share * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }
}
