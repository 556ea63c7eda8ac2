package io.rlhf4j.reward;

import java.util.Map;

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

  /**
   * The same with what the parts of the test pairs tell by themselves; calls
   * {@link #evaluated(int, RewardEvaluation, double)} unless it is overridden.
   *
   * @param byPart by the name of the part; empty if there are none
   */
  default void evaluated(int step, RewardEvaluation evaluation, double loss, Map<String, RewardEvaluation> byPart) {
    evaluated(step, evaluation, loss);
  }
}
