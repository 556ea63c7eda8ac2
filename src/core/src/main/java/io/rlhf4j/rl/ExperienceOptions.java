package io.rlhf4j.rl;

/**
 * How scored rollouts become experience.
 *
 * @param kl weight of the KL penalty at the first iteration
 * @param klEstimator what the penalty is computed with
 * @param klLimit an estimate for a token is limited to +- this, nats; infinite for no limit
 * @param klInLoss whether the policy's loss has the KL term, and the rewards have not
 * @param advantages from token rewards to advantages
 * @param rewards from scores to rewards
 */
public record ExperienceOptions(KlController kl, KlEstimator klEstimator, double klLimit,
    boolean klInLoss, AdvantageOptions advantages, RewardShaping rewards) {

  /** With the usual limit, 10 nats. */
  public ExperienceOptions(KlController kl, KlEstimator klEstimator, boolean klInLoss, AdvantageOptions advantages,
      RewardShaping rewards) {
    this(kl, klEstimator, KlEstimator.LIMIT, klInLoss, advantages, rewards);
  }
}
