package io.rlhf4j.config;

/**
 * Measuring during training. The final weights are always measured.
 *
 * @param evalStrategy when the test pairs are measured during training: no, steps or epoch
 * @param evalSteps optimiser steps between two evaluations on the test pairs; 0 evaluates at the end only
 * @param metricForBestModel what makes a state the best one: accuracy, loss or margin
 * @param loadBestModelAtEnd whether the best of the measured states is the result, in place of the last one
 */
public record EvaluationConfig(@Default("steps") Strategy evalStrategy, @Default("0") int evalSteps,
    @Default("accuracy") BestMetric metricForBestModel, @Default("false") boolean loadBestModelAtEnd) {

  public EvaluationConfig {
    Check.atLeast("eval_steps", evalSteps, 0);
    boolean measures = evalStrategy == Strategy.EPOCH || evalStrategy == Strategy.STEPS && evalSteps > 0;
    Check.that(!loadBestModelAtEnd || measures, "load_best_model_at_end", loadBestModelAtEnd,
        "false unless eval_steps is above 0 or eval_strategy is epoch: nothing else measures during training");
  }

  /**
   * Whether an evaluation is due.
   *
   * @param step optimiser steps done
   * @param epochEnded whether this step was the last of a pass over the data
   */
  public boolean evaluatesAfter(int step, boolean epochEnded) {
    return switch (evalStrategy) {
      case NO -> false;
      case STEPS -> evalSteps > 0 && step % evalSteps == 0;
      case EPOCH -> epochEnded;
    };
  }
}
