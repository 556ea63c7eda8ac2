package io.rlhf4j.config;

import java.util.Locale;

/**
 * How the KL term is estimated from one sampled token. {@code d} is the log-probability of the actor minus that of the
 * reference.
 */
public enum KlEstimator {

  /** {@code d}: unbiased, may be negative. */
  K1,

  /** {@code d^2 / 2}: never negative, small variance, biased. */
  K2,

  /** {@code exp(-d) - 1 + d}: never negative and unbiased. */
  K3;

  /** The name in YAML. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
