package io.rlhf4j.launcher.stage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Supplier;

/** A file of a stage: written at once, with its provenance beside it. */
public final class FileOutput {

  /** Only components of records are fields, so that convenience methods of a message do not become some. */
  public static final ObjectMapper JSON = JsonMapper.builder().disable(MapperFeature.AUTO_DETECT_IS_GETTERS).build();

  private FileOutput() {}

  /**
   * Writes the file unless it is there with the same provenance.
   *
   * @param text asked only if the file is written
   * @return whether anything was done
   * @throws InputException if something else is in its place
   */
  public static boolean write(Path target, Provenance provenance, boolean overwrite, Supplier<String> text) {
    if (!overwrite && provenance.isDone(target)) {
      return false;
    }
    String content = text.get();
    try {
      if (target.toAbsolutePath().getParent() != null) {
        Files.createDirectories(target.toAbsolutePath().getParent());
      }
      // The file comes last: it is complete only with its provenance.
      Files.deleteIfExists(target);
      provenance.write(Provenance.besideFile(target));
      AtomicFiles.writeText(target, content);
      return true;
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** Writes or replaces a file that has no provenance of its own. */
  public static void writeText(Path target, String text) {
    try {
      AtomicFiles.writeText(target, text);
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** One JSON object a line. */
  public static String lines(List<?> rows) {
    StringBuilder lines = new StringBuilder();
    rows.forEach(row -> lines.append(line(row)).append('\n'));
    return lines.toString();
  }

  /** A JSON object without line breaks. */
  public static String line(Object row) {
    try {
      return JSON.writeValueAsString(row);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of texts and numbers are always JSON", e);
    }
  }

  /** A JSON object for people to read, ended by a line break. */
  public static String pretty(Object value) {
    try {
      return JSON.writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("maps of texts and numbers are always JSON", e);
    }
  }
}
