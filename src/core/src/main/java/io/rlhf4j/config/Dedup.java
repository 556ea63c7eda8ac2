package io.rlhf4j.config;

/** Which repeated rows are dropped; of equals the one with the highest reward stays. */
public enum Dedup {

  /** None. */
  NONE,

  /** Same prompt and same answer, apart from spaces and letter case. */
  EXACT,

  /** Rows that share {@code near_similarity} of their runs of three words. */
  NEAR
}
