package io.rlhf4j.rl;

import java.util.List;

/**
 * Count, mean and spread of a stream of numbers, mergeable (Chan, Golub and LeVeque 1979). Immutable.
 *
 * @param count numbers seen
 * @param mean their mean, 0 for none
 * @param squares sum of squared deviations from the mean
 */
public record Moments(long count, double mean, double squares) {

  public static final Moments EMPTY = new Moments(0, 0, 0);

  /** Moments of everything in the arrays; two passes, so that close numbers keep their digits. */
  public static Moments of(List<float[]> arrays) {
    long count = 0;
    double sum = 0;
    for (float[] array : arrays) {
      count += array.length;
      for (float x : array) {
        sum += x;
      }
    }
    double mean = count == 0 ? 0 : sum / count;
    double squares = 0;
    for (float[] array : arrays) {
      for (float x : array) {
        squares += (x - mean) * (x - mean);
      }
    }
    return new Moments(count, mean, squares);
  }

  public Moments plus(Moments other) {
    long total = count + other.count;
    if (total == 0) {
      return EMPTY;
    }
    double gap = other.mean - mean;
    double share = (double) other.count / total;
    return new Moments(total, mean + gap * share, squares + other.squares + gap * gap * count * share);
  }

  /** Biased variance, {@code squares / count}; 0 for fewer than two numbers. */
  public double variance() {
    return count < 2 ? 0 : squares / count;
  }

  /** Square root of the biased variance. */
  public double deviation() {
    return Math.sqrt(variance());
  }
}
