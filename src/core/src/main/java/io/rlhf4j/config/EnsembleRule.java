package io.rlhf4j.config;

/** How an ensemble makes one score of its members' scores. */
public enum EnsembleRule {

  /** Their mean. */
  MEAN,

  /** The lowest. */
  MIN,

  /** Their mean minus {@code penalty} times their standard deviation: answers that members disagree on count less. */
  UNCERTAINTY
}
