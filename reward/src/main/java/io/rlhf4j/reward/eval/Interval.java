package io.rlhf4j.reward.eval;

import java.util.Locale;

/** The middle 95 % of what resampling gives. */
public record Interval(double low, double high) {

  /** In percent. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.1f to %.1f", 100 * low, 100 * high);
  }
}
