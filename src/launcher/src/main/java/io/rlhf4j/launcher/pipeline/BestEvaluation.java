package io.rlhf4j.launcher.pipeline;

import java.util.Locale;

/**
 * The best evaluation of a run so far: by gold score where the task has a judge, else by reward.
 *
 * @param finished iterations that were done; -1 before there is any evaluation with a score
 * @param value its mean score; NaN before
 */
public record BestEvaluation(int finished, double value) {

  static final BestEvaluation NONE = new BestEvaluation(-1, Double.NaN);

  /** Whether another is better; of equal ones the first stays. */
  boolean isBeatenBy(Evaluation other) {
    double score = score(other);
    return !Double.isNaN(score) && (finished < 0 || score > value);
  }

  /** An evaluation that has become the best one. */
  static BestEvaluation of(int finished, Evaluation evaluation) {
    return new BestEvaluation(finished, score(evaluation));
  }

  private static double score(Evaluation evaluation) {
    return evaluation.gold().orElseGet(evaluation::reward);
  }

  /** For the end of a run. */
  String line() {
    return String.format(Locale.ROOT, "best evaluation: %.2f after %d iterations", value, finished);
  }
}
