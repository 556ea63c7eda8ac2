package io.rlhf4j.reward;

import java.util.List;
import java.util.function.IntToDoubleFunction;
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

  /** Up to so many scores are sorted; of more, which need not be on the heap, those that are wanted are looked for. */
  private static final int SORTED = 1 << 16;
  private static final int DIGIT_BITS = 16;

  /** Of both scores of at least one pair. */
  static ScoreRange of(List<PairScores> scores) {
    int count = Math.multiplyExact(2, scores.size());
    return count <= SORTED ? sorted(scores) : of(rank -> nth(scores, rank), count);
  }

  private static ScoreRange sorted(List<PairScores> scores) {
    double[] sorted = all(scores).sorted().toArray();
    return of(rank -> sorted[rank], sorted.length);
  }

  private static ScoreRange of(IntToDoubleFunction ranked, int count) {
    return new ScoreRange(ranked.applyAsDouble(0), quantile(ranked, count, 0.1), quantile(ranked, count, 0.5),
        quantile(ranked, count, 0.9), ranked.applyAsDouble(count - 1));
  }

  private static double quantile(IntToDoubleFunction ranked, int count, double share) {
    double position = share * (count - 1);
    int below = (int) position;
    int above = Math.min(below + 1, count - 1);
    double least = ranked.applyAsDouble(below);
    return least + (position - below) * (ranked.applyAsDouble(above) - least);
  }

  private static DoubleStream all(List<PairScores> scores) {
    return scores.stream().flatMapToDouble(pair -> DoubleStream.of(pair.chosen(), pair.rejected()));
  }

  /** The score that would be at a rank, found digit by digit: 64 Ki counts on the heap and a pass for each digit. */
  static double nth(List<PairScores> scores, int rank) {
    long prefix = 0;
    int left = rank;
    for (int shift = Long.SIZE - DIGIT_BITS; shift >= 0; shift -= DIGIT_BITS) {
      int[] counts = new int[1 << DIGIT_BITS];
      for (PairScores pair : scores) {
        count(counts, key(pair.chosen()), prefix, shift);
        count(counts, key(pair.rejected()), prefix, shift);
      }
      int digit = 0;
      while (left >= counts[digit]) {
        left -= counts[digit++];
      }
      prefix |= (long) digit << shift;
    }
    return Double.longBitsToDouble(prefix < 0 ? prefix ^ Long.MIN_VALUE : ~prefix);
  }

  private static void count(int[] counts, long key, long prefix, int shift) {
    // The first digit has none before it, and a shift by 64 would be one by 0.
    if (shift == Long.SIZE - DIGIT_BITS || (key ^ prefix) >>> (shift + DIGIT_BITS) == 0) {
      counts[(int) (key >>> shift) & ((1 << DIGIT_BITS) - 1)]++;
    }
  }

  /** Whose order as an unsigned number is that of the scores. */
  private static long key(double score) {
    long bits = Double.doubleToLongBits(score);
    return bits < 0 ? ~bits : bits ^ Long.MIN_VALUE;
  }
}
