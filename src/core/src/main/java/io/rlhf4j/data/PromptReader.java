package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.nio.file.Path;

/**
 * Reads prompts: rows with {@code prompt}, a text or messages, or with {@code messages}; {@code label} or
 * {@code answer} may say what is right. Other keys do not matter.
 */
public final class PromptReader {

  private PromptReader() {}

  /** @throws InputException if the file cannot be read or has no usable row */
  public static DataSet<PromptRow> read(Path file) {
    return RowReader.read(file, (row, index, line) -> {
      JsonNode prompt = row.has("prompt") ? row.path("prompt") : row.path("messages");
      return new PromptRow(index, Turns.ofPrompt(prompt), line, CandidateReader.label(row));
    });
  }
}
