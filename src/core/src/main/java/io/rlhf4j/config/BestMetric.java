package io.rlhf4j.config;

/** What decides which state of a reward model was the best one. Ties go to the earlier state. */
public enum BestMetric {

  /** Share of test pairs whose chosen answer scores higher. */
  ACCURACY,

  /** The training loss, on the test pairs; lower is better. */
  LOSS,

  /** Mean score of chosen answers minus that of rejected ones. */
  MARGIN
}
