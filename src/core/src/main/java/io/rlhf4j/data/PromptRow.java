package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.util.List;

/**
 * A prompt to sample answers for.
 *
 * @param id position of the row in its file, counted from 0 with the skipped rows included
 * @param messages the conversation, ending with a user turn
 * @param line where the row begins in its file
 */
public record PromptRow(long id, List<ChatMessage> messages, long line) implements DataRow {

  public PromptRow {
    messages = List.copyOf(messages);
  }
}
