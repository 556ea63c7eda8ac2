package io.rlhf4j.config;

/** What a reward model learns to judge. */
public enum RewardType {

  /** Whole answers, from pairs of which one is preferred. */
  PREFERENCE,

  /** Each step of an answer, from labels of the steps. */
  PROCESS
}
