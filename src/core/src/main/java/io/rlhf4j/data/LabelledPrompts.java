package io.rlhf4j.data;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Right answers by prompt: rows with {@code prompt} or {@code messages}, and {@code label} or {@code answer}. */
public final class LabelledPrompts {

  private LabelledPrompts() {}

  /**
   * @return the label of each prompt; rows without one are left out
   * @throws InputException if the file cannot be read or has no such row
   */
  public static Map<List<ChatMessage>, String> read(Path file) {
    Map<List<ChatMessage>, String> labels = new HashMap<>();
    JsonRows.read(file, (line, row) -> {
      try {
        String label = row == null ? null : CandidateReader.label(row);
        if (label != null) {
          labels.put(Turns.ofPrompt(row.has("prompt") ? row.path("prompt") : row.path("messages")), label);
        }
      } catch (BadRow bad) {
        // Such a prompt is never asked for.
      }
    });
    if (labels.isEmpty()) {
      throw InputException.in(file, "has no row with prompt and label");
    }
    return labels;
  }
}
