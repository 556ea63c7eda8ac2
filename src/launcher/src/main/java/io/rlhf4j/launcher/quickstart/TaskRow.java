package io.rlhf4j.launcher.quickstart;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.text.ChatMessage;
import java.util.List;

/** One line of a data file, as it is written. */
sealed interface TaskRow {

  /** Only components of records are fields, so that convenience methods of a message do not become some. */
  ObjectMapper MAPPER = JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

  /** A line to imitate. */
  record Conversation(List<ChatMessage> messages) implements TaskRow {}

  /** A line to compare. */
  record Preference(List<ChatMessage> prompt, String chosen, String rejected) implements TaskRow {}

  /** A line to answer. */
  record Prompt(List<ChatMessage> prompt) implements TaskRow {}

  /** One JSON object a line, each line ended by {@code \n} on every platform. */
  static String toJsonLines(List<TaskRow> rows) {
    StringBuilder lines = new StringBuilder();
    try {
      for (TaskRow row : rows) {
        lines.append(MAPPER.writeValueAsString(row)).append('\n');
      }
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a record of strings is always JSON", e);
    }
    return lines.toString();
  }
}
