package io.rlhf4j.reward.kind;

import java.util.Arrays;

/** Arithmetic in which NaN means "no score" and is left out. */
final class Nans {

  private Nans() {}

  static double[] of(int length) {
    double[] none = new double[length];
    Arrays.fill(none, Double.NaN);
    return none;
  }

  /** Adds {@code factor * scores} to {@code totals}. */
  static void addScaled(double[] totals, double[] scores, double factor) {
    for (int i = 0; i < totals.length; i++) {
      if (!Double.isNaN(scores[i])) {
        totals[i] = (Double.isNaN(totals[i]) ? 0 : totals[i]) + factor * scores[i];
      }
    }
  }
}
