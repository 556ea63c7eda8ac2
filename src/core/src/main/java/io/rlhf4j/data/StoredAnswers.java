package io.rlhf4j.data;

import io.rlhf4j.rl.TokenSequence;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Two answers to one prompt as the body of a stored row: the tokens of the prompt, then those of either answer, four
 * bytes each.
 *
 * @param first the prompt with one answer
 * @param second the same prompt with the other
 */
public record StoredAnswers(TokenSequence first, TokenSequence second) {

  /** For {@link RowCodec#body}. */
  public ByteBuffer body() {
    int prompt = first.promptLength();
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES * (first.length() + second.responseLength()));
    body.asIntBuffer().put(first.tokens()).put(second.tokens(), prompt, second.responseLength());
    return body;
  }

  /**
   * Reads what {@link #body} wrote.
   *
   * @param promptTokens tokens of the prompt
   * @param firstTokens tokens of the first answer
   */
  public static StoredAnswers read(ByteBuffer body, int promptTokens, int firstTokens) {
    int[] ids = new int[body.remaining() / Integer.BYTES];
    body.asIntBuffer().get(ids);
    int[] prompt = Arrays.copyOf(ids, promptTokens);
    int middle = promptTokens + firstTokens;
    return new StoredAnswers(TokenSequence.of(prompt, Arrays.copyOfRange(ids, promptTokens, middle)),
        TokenSequence.of(prompt, Arrays.copyOfRange(ids, middle, ids.length)));
  }
}
