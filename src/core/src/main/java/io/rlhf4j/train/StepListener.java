package io.rlhf4j.train;

import java.util.Map;

/** Hears of every optimiser step, for progress and metrics. */
@FunctionalInterface
public interface StepListener {

  /**
   * @param step steps done, from 1
   * @param totalSteps steps that the stage will take
   * @param tokens tokens that went through the model in this step
   * @param metrics values by name, in the order in which they should be shown
   */
  void onStep(int step, int totalSteps, long tokens, Map<String, Double> metrics);

  /**
   * Training goes on from a checkpoint.
   *
   * @param step steps done when it was written
   */
  default void onResume(int step) {}
}
