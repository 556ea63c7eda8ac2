package io.rlhf4j.rl;

/**
 * How scored rollouts become experience.
 *
 * @param kl weight of the KL penalty at the first iteration
 * @param klEstimator what the penalty is computed with
 * @param klInLoss whether the policy's loss has the KL term, and the rewards have not
 * @param advantages from token rewards to advantages
 * @param rewards from scores to rewards
 */
public record ExperienceOptions(KlController kl, KlEstimator klEstimator, boolean klInLoss,
    AdvantageOptions advantages, RewardShaping rewards) {}
