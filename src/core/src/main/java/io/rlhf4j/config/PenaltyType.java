package io.rlhf4j.config;

/** What keeps the scores of a reward model near zero. */
public enum PenaltyType {

  /** Nothing. */
  NONE,

  /** {@code -log(5 - x) - log(5 + x)} for each score: a wall at -5 and +5. */
  LOG_BARRIER,

  /** {@code x^2} for each score. */
  L2
}
