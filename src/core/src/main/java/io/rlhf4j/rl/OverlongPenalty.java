package io.rlhf4j.rl;

/**
 * A penalty that grows towards the longest response: nothing up to {@code longest - buffer}, then linearly to
 * {@code penalty} (soft overlong punishment, Yu et al. 2025, "DAPO", equation 13).
 *
 * @param longest {@code max_new_tokens}
 * @param buffer actions over which the penalty grows, at most {@code longest}
 * @param penalty of a response that fills everything, reward units
 */
public record OverlongPenalty(int longest, int buffer, double penalty) {

  public OverlongPenalty {
    if (buffer < 1 || buffer > longest || !(penalty >= 0)) {
      throw new IllegalArgumentException(
          "overlong penalty " + penalty + " over " + buffer + " of " + longest + " actions is out of range");
    }
  }

  /** What a response of {@code length} actions loses. */
  public double of(int length) {
    int over = Math.min(length - (longest - buffer), buffer);
    return over <= 0 ? 0 : penalty * over / buffer;
  }
}
