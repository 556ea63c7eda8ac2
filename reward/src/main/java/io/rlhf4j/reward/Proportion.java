package io.rlhf4j.reward;

import java.util.Locale;

/**
 * A share of successes with its uncertainty.
 *
 * @param successes how many of the trials succeeded
 * @param trials at least 1
 */
public record Proportion(int successes, int trials) {

  /** The 97.5 % quantile of the standard normal distribution. */
  private static final double Z = 1.959963984540054;

  public Proportion {
    if (trials < 1 || successes < 0 || successes > trials) {
      throw new IllegalArgumentException(successes + " successes of " + trials + " trials");
    }
  }

  public double value() {
    return (double) successes / trials;
  }

  /** Lower end of the 95 % interval of Wilson 1927. */
  public double low() {
    return centre() - halfWidth();
  }

  /** Upper end of the 95 % interval of Wilson 1927. */
  public double high() {
    return centre() + halfWidth();
  }

  private double centre() {
    return (successes + Z * Z / 2) / (trials + Z * Z);
  }

  private double halfWidth() {
    double spread = value() * (1 - value()) / trials + Z * Z / (4.0 * trials * trials);
    return Z * Math.sqrt(spread) / (1 + Z * Z / trials);
  }

  /** For example {@code 52.3 % [45.1, 59.3]}. */
  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.1f %% [%.1f, %.1f]", 100 * value(), 100 * low(), 100 * high());
  }
}
