package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.util.List;

/**
 * A demonstration to imitate.
 *
 * @param prompt the conversation up to the response, ending with a user turn
 * @param response the assistant turn to learn
 * @param line where the row begins in its file
 */
public record SftExample(List<ChatMessage> prompt, String response, long line) implements DataRow {

  public SftExample {
    prompt = List.copyOf(prompt);
  }
}
