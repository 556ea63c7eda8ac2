package io.rlhf4j.config;

import org.jspecify.annotations.Nullable;

/**
 * Updates of the critic in PPO.
 *
 * @param initFrom what the critic starts as: reward (the reward model that the run trains, or the only entry of
 *     rewards of kind sequence, which must have the policy's tokenizer) or policy (the SFT model with a head that says
 *     0); null takes the reward model where there is such a one, else the policy
 * @param warmupSteps first iterations in which only the critic learns, so that the actor never follows a random one
 * @param optimizer keys of the optimiser
 */
public record CriticConfig(@Default("null") @Nullable CriticStart initFrom, @Default("0") int warmupSteps,
    @Inline @Default("{learning_rate: 9.0e-6}") OptimizerConfig optimizer) {

  public CriticConfig {
    Check.atLeast("warmup_steps", warmupSteps, 0);
  }
}
