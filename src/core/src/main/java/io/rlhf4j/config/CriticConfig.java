package io.rlhf4j.config;

/**
 * Updates of the critic in PPO.
 *
 * @param initFrom what the critic starts as: reward (the reward model, where the run trains one) or policy (the SFT
 *     model with a head that says 0)
 * @param warmupSteps first iterations in which only the critic learns, so that the actor never follows a random one
 * @param optimizer keys of the optimiser
 */
public record CriticConfig(@Default("reward") CriticStart initFrom, @Default("0") int warmupSteps,
    @Inline @Default("{learning_rate: 9.0e-6}") OptimizerConfig optimizer) {

  public CriticConfig {
    Check.atLeast("warmup_steps", warmupSteps, 0);
  }
}
