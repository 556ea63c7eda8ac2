package io.rlhf4j.rl;

/** Why a response ended. */
public enum FinishReason {
  /** The policy sampled EOS or another stop token; that token is the last of the response. */
  STOP,
  /** {@code max_new_tokens} was reached first; the response has no stop token. */
  LENGTH
}
