package io.rlhf4j.reward;

/** Watches reward training, on the thread that trains. */
public interface RewardTrainingListener {

  /** Hears nothing. */
  RewardTrainingListener NONE = new RewardTrainingListener() {};

  /** After each optimiser step. */
  default void stepped(RewardStep step) {}

  /**
   * After each evaluation on the test pairs.
   *
   * @param step optimiser steps done; 0 before the first
   */
  default void evaluated(int step, RewardEvaluation evaluation) {}
}
