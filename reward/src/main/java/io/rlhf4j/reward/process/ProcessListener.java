package io.rlhf4j.reward.process;

import java.util.Map;

/** Watches process reward training, on the thread that trains. */
public interface ProcessListener {

  /** Hears nothing. */
  ProcessListener NONE = new ProcessListener() {};

  /** Before the first step, if training goes on from a checkpoint that was written after step {@code step}. */
  default void resumed(int step) {}

  /** After each optimiser step. */
  default void stepped(ProcessStep step) {}

  /**
   * After each evaluation; {@code step} optimiser steps are done.
   *
   * @param byPart the same for the parts of the test answers that were asked for and have a label that takes a side
   */
  default void evaluated(int step, StepEvaluation evaluation, Map<String, StepEvaluation> byPart) {}
}
