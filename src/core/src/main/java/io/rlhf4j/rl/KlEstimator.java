package io.rlhf4j.rl;

/**
 * Estimators of {@code KL(policy || reference)} from the sampled tokens alone, with {@code l = log p - log q}
 * (Schulman, "Approximating KL Divergence", 2020). Unless another limit is given, every estimate is limited to
 * [-10, 10], as OpenRLHF does, so that one impossible token cannot drown a whole batch.
 */
public enum KlEstimator {
  /** {@code l}: unbiased, may be negative. */
  K1,
  /** {@code l^2 / 2}: biased, low variance, never negative. */
  K2,
  /** {@code exp(-l) - 1 + l}: unbiased and never negative. */
  K3;

  /** Of an estimate's size, nats. */
  static final double LIMIT = 10;

  /** The number in its name. */
  public int number() {
    return ordinal() + 1;
  }

  /** The estimate for one sampled token; arguments and result in nats. */
  public float estimate(float policyLogProb, float referenceLogProb) {
    return estimate(policyLogProb, referenceLogProb, LIMIT);
  }

  /** The same, limited to {@code [-limit, limit]}; an infinite one limits nothing. */
  public float estimate(float policyLogProb, float referenceLogProb, double limit) {
    double l = (double) policyLogProb - referenceLogProb;
    double kl = switch (this) {
      case K1 -> l;
      case K2 -> l * l / 2;
      case K3 -> Math.expm1(-l) + l;
    };
    return (float) Math.clamp(kl, -limit, limit);
  }

  /** The estimate for each of {@code n} sampled tokens, {@code [n]}. */
  public float[] estimate(float[] policyLogProbs, float[] referenceLogProbs, double limit) {
    if (policyLogProbs.length != referenceLogProbs.length) {
      throw new IllegalArgumentException(
          policyLogProbs.length + " policy log-probs but " + referenceLogProbs.length + " reference log-probs");
    }
    float[] kl = new float[policyLogProbs.length];
    for (int t = 0; t < kl.length; t++) {
      kl[t] = estimate(policyLogProbs[t], referenceLogProbs[t], limit);
    }
    return kl;
  }
}
