package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt to sample answers for.
 *
 * @param id position of the row in its file, counted from 0 with the skipped rows included
 * @param messages the conversation, ending with a user turn
 * @param line where the row begins in its file
 * @param label what a right answer would be, where the row says so
 */
public record PromptRow(long id, List<ChatMessage> messages, long line, @Nullable String label) implements DataRow {

  public PromptRow {
    messages = List.copyOf(messages);
  }

  /** A row that does not say what is right. */
  public PromptRow(long id, List<ChatMessage> messages, long line) {
    this(id, messages, line, null);
  }
}
