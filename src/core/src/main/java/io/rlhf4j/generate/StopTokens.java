package io.rlhf4j.generate;

import java.util.BitSet;

/** Tokens that end a response. */
final class StopTokens {

  private final int[] tokens;
  private final BitSet members = new BitSet();

  StopTokens(int[] tokens, int vocabSize) {
    for (int token : tokens) {
      if (token < 0 || token >= vocabSize) {
        throw new IllegalArgumentException("stop token " + token + " is outside the vocabulary of " + vocabSize);
      }
      members.set(token);
    }
    this.tokens = members.stream().toArray();
  }

  boolean contains(int token) {
    return members.get(token);
  }

  /** Sorted, without repetition. */
  int[] toArray() {
    return tokens.clone();
  }
}
