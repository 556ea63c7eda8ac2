package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.util.List;

/**
 * Two answers to one prompt, one of them preferred.
 *
 * @param prompt the conversation up to the answer, ending with a user turn
 * @param chosen the preferred answer
 * @param rejected the other answer
 * @param margin by how much chosen is better, in units of the score; 0 if the row does not say
 * @param line where the row begins in its file
 */
public record PreferencePair(List<ChatMessage> prompt, String chosen, String rejected, double margin, long line)
    implements DataRow {

  public PreferencePair {
    prompt = List.copyOf(prompt);
  }
}
