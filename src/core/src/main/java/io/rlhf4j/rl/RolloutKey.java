package io.rlhf4j.rl;

/**
 * Identity of one rollout. A retried request with the same key gives the same tokens.
 *
 * @param step PPO iteration, from 0
 * @param promptId row of the prompt in its data set
 * @param sampleIndex which of the {@code n} samples of that prompt, from 0
 * @param policyVersion number of optimiser iterations the sampling policy had seen
 */
public record RolloutKey(long step, long promptId, int sampleIndex, long policyVersion) {}
