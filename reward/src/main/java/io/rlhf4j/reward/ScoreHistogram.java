package io.rlhf4j.reward;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * How many scores lie where, chosen and rejected answers apart: bins of the same width, each with its lower edge, the
 * last with both.
 *
 * @param min lower edge of the first bin
 * @param max upper edge of the last
 * @param chosen counts, ascending
 * @param rejected likewise
 */
public record ScoreHistogram(double min, double max, List<Integer> chosen, List<Integer> rejected) {

  public static final int BINS = 10;

  public ScoreHistogram {
    chosen = List.copyOf(chosen);
    rejected = List.copyOf(rejected);
  }

  /** From the least to the greatest score. */
  static ScoreHistogram of(List<PairScores> scores, ScoreRange range) {
    return new ScoreHistogram(range.min(), range.max(), counts(scores, range, PairScores::chosen),
        counts(scores, range, PairScores::rejected));
  }

  private static List<Integer> counts(List<PairScores> scores, ScoreRange range, ToDoubleFunction<PairScores> score) {
    List<Integer> counts = new ArrayList<>(Collections.nCopies(BINS, 0));
    double width = (range.max() - range.min()) / BINS;
    for (PairScores pair : scores) {
      // Equal scores are all in the first bin: 0 / 0 becomes 0.
      int bin = Math.clamp((int) ((score.applyAsDouble(pair) - range.min()) / width), 0, BINS - 1);
      counts.set(bin, counts.get(bin) + 1);
    }
    return counts;
  }

  /** Lower edge of a bin, counted from 0. */
  public double edge(int bin) {
    return min + bin * (max - min) / BINS;
  }
}
