package io.rlhf4j.rl;

import java.util.Arrays;

/**
 * A prompt followed by a response.
 *
 * @param tokens token ids, {@code [p + n]}
 * @param promptLength {@code p}, at least 1
 */
public record TokenSequence(int[] tokens, int promptLength) {

  public TokenSequence {
    if (promptLength < 1 || promptLength > tokens.length) {
      throw new IllegalArgumentException(
          "prompt length " + promptLength + " does not fit a sequence of " + tokens.length + " tokens");
    }
  }

  public static TokenSequence of(int[] prompt, int[] response) {
    int[] tokens = Arrays.copyOf(prompt, prompt.length + response.length);
    System.arraycopy(response, 0, tokens, prompt.length, response.length);
    return new TokenSequence(tokens, prompt.length);
  }

  public int length() {
    return tokens.length;
  }

  /** Number of actions, {@code n}. */
  public int responseLength() {
    return tokens.length - promptLength;
  }
}
