package io.rlhf4j.config;

/** What happens to a preference pair that is longer than {@code data.max_length} or {@code data.max_prompt_length}. */
public enum LengthPolicy {

  /** The pair is left out and counted. */
  DROP,

  /**
   * The oldest tokens of the prompt go first, as many on both sides of the pair; an answer that is too long even with
   * one token of prompt loses its end. The scored token is never cut.
   */
  TRUNCATE
}
