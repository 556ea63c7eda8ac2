package io.rlhf4j.reward.eval;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether the differences of scores mean what Bradley and Terry say: that the better answer is preferred with the
 * probability {@code sigmoid(difference)}.
 *
 * @param bins of confidence that hold at least one pair, ascending
 * @param error expected calibration error: the mean over all pairs of |accuracy - confidence| of their bin
 */
public record Calibration(List<Bin> bins, double error) {

  /** Bins between 50 % and 100 %. */
  private static final int BINS = 10;

  /**
   * Pairs of about the same confidence.
   *
   * @param pairs how many
   * @param confidence mean probability given to the answer that scored higher
   * @param accuracy share of pairs in which that is the chosen one; ties count half
   */
  public record Bin(int pairs, double confidence, double accuracy) {}

  public Calibration {
    bins = List.copyOf(bins);
  }

  /** Pairs without scores are left out. */
  public static Calibration of(List<JudgedPair> pairs) {
    double[] confidence = new double[BINS];
    double[] accuracy = new double[BINS];
    int[] counts = new int[BINS];
    for (JudgedPair pair : pairs) {
      if (!pair.unscored()) {
        double probability = 1 / (1 + Math.exp(-Math.abs(pair.margin())));
        int bin = Math.min(BINS - 1, (int) ((probability - 0.5) * 2 * BINS));
        confidence[bin] += probability;
        accuracy[bin] += pair.correct() ? 1 : pair.tied() ? 0.5 : 0;
        counts[bin]++;
      }
    }
    List<Bin> bins = new ArrayList<>();
    double error = 0;
    int total = 0;
    for (int b = 0; b < BINS; b++) {
      if (counts[b] > 0) {
        bins.add(new Bin(counts[b], confidence[b] / counts[b], accuracy[b] / counts[b]));
        error += Math.abs(accuracy[b] - confidence[b]);
        total += counts[b];
      }
    }
    return new Calibration(bins, total == 0 ? Double.NaN : error / total);
  }
}
