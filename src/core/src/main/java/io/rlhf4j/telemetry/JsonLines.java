package io.rlhf4j.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file that grows by one JSON object per line. Every line is complete on disk before {@link #append} returns, so that
 * others can follow the file. Safe for several threads.
 */
public final class JsonLines implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(JsonLines.class);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private BufferedWriter out;

  private JsonLines(Path file, BufferedWriter out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Opens a file to add lines at its end; creates it, and its directory, if there is none.
   *
   * @throws InputException if it cannot be written
   */
  public static JsonLines open(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      return new JsonLines(file, Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    } catch (IOException e) {
      throw new InputException(file + ": cannot be written (" + e + ")", e);
    }
  }

  /**
   * Adds one object, its keys in the order of the map.
   *
   * @param values JSON has no NaN and no infinity: such numbers are written as null, with a warning
   */
  public synchronized void append(Map<String, ?> values) {
    var object = new LinkedHashMap<String, @Nullable Object>();
    values.forEach((name, value) -> object.put(name, finite(name, value)));
    try {
      out.write(JSON.writeValueAsString(object));
      out.write('\n');
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  /** Removes lines that are already in the file, and what is no complete line of JSON. */
  synchronized void keepOnly(Predicate<JsonNode> wanted) {
    try {
      out.close();
      var kept = new StringBuilder();
      for (String line : Files.readAllLines(file)) {
        JsonNode object = parsed(line);
        if (object != null && wanted.test(object)) {
          kept.append(line).append('\n');
        }
      }
      AtomicFiles.writeText(file, kept.toString());
      out = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  private static @Nullable JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      return null;
    }
  }

  private @Nullable Object finite(String name, @Nullable Object value) {
    if (value instanceof Number number && !(value instanceof Long) && !Double.isFinite(number.doubleValue())) {
      LOG.warn("{}: {} is {}, written as null", file, name, number);
      return null;
    }
    return value;
  }

  /** Bytes written so far, all of them on disk once this returns. */
  public synchronized long mark() {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.force(true);
      return channel.size();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  /** Cuts off what was written after {@link #mark} said {@code bytes}. */
  public synchronized void rewind(long bytes) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }

  @Override
  public synchronized void close() {
    try {
      out.close();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be written", e);
    }
  }
}
