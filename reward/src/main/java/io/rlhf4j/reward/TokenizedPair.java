package io.rlhf4j.reward;

import io.rlhf4j.rl.TokenSequence;
import java.nio.IntBuffer;

/**
 * A preference pair as token ids. Both sequences end with the token that is scored.
 *
 * @param chosen prompt and preferred answer
 * @param rejected prompt and the other answer
 * @param margin how much better the chosen answer is said to be, in units of the score; 0 if unknown
 */
public record TokenizedPair(TokenSequence chosen, TokenSequence rejected, double margin) {

  /** Tokens of both sequences. */
  public int tokens() {
    return chosen.length() + rejected.length();
  }

  /** The tokens of the prompt; buffers with the same tokens are equal. */
  public IntBuffer prompt() {
    return IntBuffer.wrap(chosen.tokens(), 0, chosen.promptLength());
  }

  /** Rows that the pair takes in a packed batch: both answers, and their prompt once. */
  public int packedTokens() {
    return tokens() - chosen.promptLength();
  }
}
