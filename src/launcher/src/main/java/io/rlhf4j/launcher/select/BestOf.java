package io.rlhf4j.launcher.select;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** What taking the best of N samples is worth. */
public final class BestOf {

  private BestOf() {}

  /**
   * Mean value of the sample with the highest reward, over all subsets of {@code n} of the samples: an estimate without
   * bias from one set. The sample of rank {@code i} (from 0, by reward) is the best of {@code C(i, n-1)} subsets among
   * {@code C(m, n)}. Of equal rewards the later sample counts as the higher one.
   *
   * @param rewards of the {@code m} samples, by which the best is chosen
   * @param values of the same samples, which are averaged
   * @param n from 1 to {@code m}
   */
  public static double estimate(double[] rewards, double[] values, int n) {
    int m = rewards.length;
    if (n < 1 || n > m) {
      throw new IllegalArgumentException("the best of " + n + " among " + m + " samples");
    }
    List<Integer> order = IntStream.range(0, m).boxed().sorted(Comparator.comparingDouble(i -> rewards[i])).toList();
    // C(m-1, n-1) / C(m, n) = n / m, and C(i-1, n-1) = C(i, n-1) (i - n + 1) / i.
    double share = (double) n / m;
    double sum = 0;
    for (int i = m - 1; i >= n - 1; i--) {
      sum += share * values[order.get(i)];
      share *= i == 0 ? 0 : (double) (i - n + 1) / i;
    }
    return sum;
  }

  /** Value of the sample with the highest reward among samples {@code from} to {@code to}, the end left out. */
  public static double measured(double[] rewards, double[] values, int from, int to) {
    int best = from;
    for (int i = from + 1; i < to; i++) {
      best = rewards[i] > rewards[best] ? i : best;
    }
    return values[best];
  }
}
