package io.rlhf4j.reward;

/** Watches reward training, on the thread that trains. */
public interface RewardTrainingListener {

  /** Hears nothing. */
  RewardTrainingListener NONE = new RewardTrainingListener() {};

  /** Before the first step, if training goes on from a checkpoint that was written after step {@code step}. */
  default void resumed(int step) {}

  /** After each optimiser step. */
  default void stepped(RewardStep step) {}

  /**
   * After each evaluation on the test pairs.
   *
   * @param step optimiser steps done; 0 before the first
   */
  default void evaluated(int step, RewardEvaluation evaluation) {}

  /**
   * The same with the loss of the test pairs; calls {@link #evaluated(int, RewardEvaluation)} unless it is overridden.
   *
   * @param loss mean over the test pairs, penalty included
   */
  default void evaluated(int step, RewardEvaluation evaluation, double loss) {
    evaluated(step, evaluation);
  }
}
