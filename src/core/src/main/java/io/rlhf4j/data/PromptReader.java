package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads prompts: rows with {@code prompt}, a text or messages, or with {@code messages}; {@code label} or
 * {@code answer} may say what is right. Other keys do not matter.
 */
public final class PromptReader {

  private PromptReader() {}

  /** @throws InputException if the file cannot be read or has no usable row */
  public static DataSet<PromptRow> read(Path file) {
    return RowReader.read(file, PromptReader::prompt);
  }

  /**
   * Gives the prompts of a file one after the other and keeps none, so that the file may be larger than memory.
   *
   * @param sink takes a prompt, or says why it cannot be used
   * @return what was skipped, with the first lines of each reason
   * @throws InputException if the file cannot be read
   */
  public static SkippedRows each(Path file, Function<? super PromptRow, Optional<SkipReason>> sink) {
    return RowReader.each(file, PromptReader::prompt, sink);
  }

  private static PromptRow prompt(JsonNode row, long index, long line) throws BadRow {
    JsonNode prompt = row.has("prompt") ? row.path("prompt") : row.path("messages");
    return new PromptRow(index, Turns.ofPrompt(prompt), line, CandidateReader.label(row));
  }
}
