package io.rlhf4j.rl;

import java.util.List;

/** Turns the scored rollouts of one iteration into experience: shaped rewards, advantages, returns. */
@FunctionalInterface
public interface ExperienceStep {

  /**
   * Called once for each iteration, in the order of the steps, so an adaptive KL coefficient may live in here.
   *
   * @param step PPO iteration, from 0
   * @param scored all rollouts of the iteration in the order of their keys
   */
  ExperienceBatch make(long step, List<ScoredRollout> scored);
}
