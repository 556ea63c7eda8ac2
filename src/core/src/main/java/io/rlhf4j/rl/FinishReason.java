package io.rlhf4j.rl;

/** Why a response ended. */
public enum FinishReason {
  /** The policy sampled EOS or another stop token; that token is the last of the response. */
  STOP,
  /** The last token of the response completed a stop string. The text ends before that string, the tokens after it. */
  STOP_STRING,
  /** {@code max_new_tokens} was reached first; the response has no stop token. */
  LENGTH;

  /** Whether the response ended by itself. */
  public boolean isComplete() {
    return this != LENGTH;
  }
}
