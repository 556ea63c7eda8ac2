package io.rlhf4j.config;

/** Which of the scored answers to a prompt are kept. */
public enum SelectStrategy {

  /** The answer with the highest reward: rejection sampling. */
  BEST,

  /** The {@code top_k} answers with the highest rewards. */
  TOP_K,

  /** Every answer whose reward is at least {@code threshold}. */
  THRESHOLD,

  /** The best against the worst answer; a tie, or a gap below {@code min_gap}, gives no pair. */
  PAIRS,

  /** Every answer, its reward written behind the prompt, so that a high one can be asked for later. */
  CONDITIONAL
}
