package io.rlhf4j.data;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads demonstrations: rows with {@code messages} that end with an assistant turn, or with {@code prompt} and
 * {@code response} (also called {@code completion}).
 */
public final class SftReader {

  private SftReader() {}

  /** @throws InputException if the file cannot be read or has no usable row */
  public static DataSet<SftExample> read(Path file) {
    return RowReader.read(file, SftReader::example);
  }

  /**
   * Gives the demonstrations of a file one after the other and keeps none, so that the file may be larger than memory.
   *
   * @param sink takes a demonstration, or says why it cannot be used
   * @return what was skipped, with the first lines of each reason
   * @throws InputException if the file cannot be read
   */
  public static SkippedRows each(Path file, Function<? super SftExample, Optional<SkipReason>> sink) {
    return RowReader.each(file, SftReader::example, sink);
  }

  private static SftExample example(JsonNode row, long index, long line) throws BadRow {
    Answered answered = answered(row);
    return new SftExample(answered.prompt(), answered.answer(), line);
  }

  private static Answered answered(JsonNode row) throws BadRow {
    if (row.path("messages").isArray()) {
      return Answered.ofTurns(Turns.ofMessages(row.path("messages")));
    }
    return Answered.of(row.path("prompt"), row.has("response") ? row.path("response") : row.path("completion"));
  }
}
