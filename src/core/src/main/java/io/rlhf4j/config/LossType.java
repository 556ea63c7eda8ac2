package io.rlhf4j.config;

/** How a reward model compares the chosen and the rejected answer of a pair. */
public enum LossType {

  /** {@code -log sigmoid(chosen - rejected)}, the Bradley-Terry likelihood. */
  RANKING,

  /**
   * The same times {@code (1 - 2 max(0, p - 1/2))^2}, where {@code p} is the probability that the model gives the
   * label: easy pairs count less.
   */
  FOCAL,

  /**
   * {@code log(1 + exp(rejected - chosen))}, which is {@code -log sigmoid(chosen - rejected)} written otherwise; it
   * knows no margin. Computed so that no difference overflows.
   */
  LOGEXP
}
