package io.rlhf4j.train;

/**
 * Tokens to imitate.
 *
 * @param tokens token ids, {@code [T]}
 * @param trained whether token {@code t} counts in the loss, {@code [T]}; token 0 never does, nothing predicts it
 */
public record TrainingSequence(int[] tokens, boolean[] trained) {

  public TrainingSequence {
    if (tokens.length != trained.length) {
      throw new IllegalArgumentException(tokens.length + " tokens but " + trained.length + " loss marks");
    }
  }

  public int length() {
    return tokens.length;
  }

  /** Tokens that count in the loss. */
  public int trainedTokens() {
    int count = 0;
    for (int t = 1; t < trained.length; t++) {
      count += trained[t] ? 1 : 0;
    }
    return count;
  }
}
