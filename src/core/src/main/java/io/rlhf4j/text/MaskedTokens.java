package io.rlhf4j.text;

/**
 * A rendered conversation.
 *
 * @param tokens token ids, {@code [time]}
 * @param trained whether the token belongs to what the assistant says, end of turn included, {@code [time]}
 */
public record MaskedTokens(int[] tokens, boolean[] trained) {

  public MaskedTokens {
    if (tokens.length != trained.length) {
      throw new IllegalArgumentException(tokens.length + " tokens but " + trained.length + " marks");
    }
  }

  public int length() {
    return tokens.length;
  }

  /** Index of the first token that the assistant says; the number of tokens if there is none. */
  public int firstTrained() {
    int first = 0;
    while (first < trained.length && !trained[first]) {
      first++;
    }
    return first;
  }

  /** Tokens that count in a loss; the first token never does, because nothing predicts it. */
  public int trainedTokens() {
    int count = 0;
    for (int t = 1; t < trained.length; t++) {
      count += trained[t] ? 1 : 0;
    }
    return count;
  }
}
