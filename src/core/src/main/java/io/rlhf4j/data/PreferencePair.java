package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.nio.IntBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Two answers to one prompt, one of them preferred.
 *
 * @param prompt the conversation up to the answer, ending with a user turn
 * @param chosen the preferred answer
 * @param rejected the other answer
 * @param margin by how much chosen is better, in units of the score; 0 if the row does not say
 * @param line where the row begins in its file
 * @param tokens the tokens of a row that has no texts, which then are empty
 */
public record PreferencePair(List<ChatMessage> prompt, String chosen, String rejected, double margin, long line,
    @Nullable PairTokens tokens) implements DataRow {

  public PreferencePair {
    prompt = List.copyOf(prompt);
  }

  /** A row of texts. */
  public PreferencePair(List<ChatMessage> prompt, String chosen, String rejected, double margin, long line) {
    this(prompt, chosen, rejected, margin, line, null);
  }

  /** Pairs with the same prompt have equal keys. */
  public Object promptKey() {
    return tokens == null ? prompt : IntBuffer.wrap(tokens.prompt());
  }

  /** Length of the chosen answer, in characters or, without texts, in tokens. */
  public int chosenLength() {
    return tokens == null ? chosen.codePointCount(0, chosen.length()) : tokens.chosen().length;
  }

  /** Length of the rejected answer, in characters or, without texts, in tokens. */
  public int rejectedLength() {
    return tokens == null ? rejected.codePointCount(0, rejected.length()) : tokens.rejected().length;
  }
}
