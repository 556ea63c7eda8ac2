package io.rlhf4j.rl;

/**
 * A prompt to be answered.
 *
 * @param promptId row of the prompt in its data set
 * @param tokens rendered prompt including the generation prompt, {@code [p]}, never empty
 */
public record PromptRequest(long promptId, int[] tokens) {

  public PromptRequest {
    if (tokens.length == 0) {
      throw new IllegalArgumentException("prompt " + promptId + " is empty");
    }
  }
}
