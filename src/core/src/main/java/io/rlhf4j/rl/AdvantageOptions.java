package io.rlhf4j.rl;

/**
 * How rewards become advantages.
 *
 * @param estimator with or without a critic
 * @param gamma discount of an action, in [0, 1]
 * @param lambda GAE mixing, in [0, 1]
 * @param whiten whether advantages are whitened over the whole rollout batch
 * @param unbiased whether whitening uses the unbiased variance
 * @param groupEpsilon added to the deviation of a group that {@link AdvantageEstimator#GROUP_NORM} divides by
 */
public record AdvantageOptions(AdvantageEstimator estimator, double gamma, double lambda, boolean whiten,
    boolean unbiased, double groupEpsilon) {

  public AdvantageOptions {
    requireFraction("gamma", gamma);
    requireFraction("lambda", lambda);
  }

  /** With a critic. */
  public static AdvantageOptions gae(double gamma, double lambda, boolean whiten) {
    return new AdvantageOptions(AdvantageEstimator.GAE, gamma, lambda, whiten, false, 0);
  }

  private static void requireFraction(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " is " + value + ", must be in [0, 1]");
    }
  }
}
