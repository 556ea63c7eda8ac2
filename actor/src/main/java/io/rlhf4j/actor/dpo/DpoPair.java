package io.rlhf4j.actor.dpo;

import io.rlhf4j.rl.TokenSequence;

/**
 * A preference pair as token ids.
 *
 * @param chosen prompt and preferred answer
 * @param rejected the same prompt and the other answer
 * @param comparedChosen whether a token of the chosen answer counts in the comparison, {@code [n]}
 * @param comparedRejected likewise of the rejected answer
 */
public record DpoPair(TokenSequence chosen, TokenSequence rejected, boolean[] comparedChosen,
    boolean[] comparedRejected) {

  public DpoPair {
    require(chosen, comparedChosen);
    require(rejected, comparedRejected);
  }

  private static void require(TokenSequence sequence, boolean[] compared) {
    if (sequence.responseLength() != compared.length) {
      throw new IllegalArgumentException(
          "a mask of " + compared.length + " for an answer of " + sequence.responseLength() + " tokens");
    }
  }

  /** Tokens of both sequences. */
  public int tokens() {
    return chosen.length() + rejected.length();
  }
}
