package io.rlhf4j.data;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.luben.zstd.ZstdInputStream;
import io.rlhf4j.config.InputException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Streams the rows of {@code .jsonl} and {@code .json} files, either of them also with {@code .gz} or {@code .zst}, and
 * of {@code .parquet} files.
 */
final class JsonRows {

  private static final int BUFFER_BYTES = 1 << 16;

  private static final ObjectMapper JSON = JsonMapper.builder()
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
      .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
      .build();

  /** One element of a list: what follows is the next one. */
  private static final ObjectReader ELEMENT = JSON.readerFor(JsonNode.class)
      .without(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final String ENDINGS = ".jsonl, .json (both also with .gz or .zst) or .parquet";

  private JsonRows() {}

  /** Receives the rows one after the other. */
  @FunctionalInterface
  interface Handler {

    /** @param row null if the line is not valid JSON */
    void accept(long line, @Nullable JsonNode row);
  }

  /** @throws InputException if the file cannot be read or its name has none of the known endings */
  static void read(Path file, Handler handler) {
    String name = file.toString().replaceFirst("\\.(gz|zst)$", "");
    boolean parquet = file.toString().endsWith(".parquet");
    if (!name.endsWith(".jsonl") && !name.endsWith(".json") && !parquet) {
      throw InputException.in(file, "has an unknown ending, must be " + ENDINGS);
    }
    if (!Files.exists(file)) {
      throw InputException.in(file, "does not exist");
    }
    if (Files.isDirectory(file)) {
      throw InputException.in(file, "is a directory, must be a file with the ending " + ENDINGS);
    }
    if (parquet) {
      readParquet(file, handler);
      return;
    }
    try (InputStream in = open(file)) {
      if (name.endsWith(".jsonl")) {
        readLines(in, handler);
      } else {
        readArray(file, in, handler);
      }
    } catch (ZipException | EOFException e) {
      throw new InputException(file + ": is not a complete gzip file (" + e.getMessage() + ")", e);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }

  private static void readParquet(Path file, Handler handler) {
    try {
      ParquetRows.read(file, handler);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + oneLine(String.valueOf(e.getMessage())) + ")", e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    InputStream raw = Files.newInputStream(file);
    if (!file.toString().matches(".*\\.(gz|zst)")) {
      return new BufferedInputStream(raw, BUFFER_BYTES);
    }
    try {
      if (file.toString().endsWith(".zst")) {
        return new BufferedInputStream(new ZstdInputStream(raw), BUFFER_BYTES);
      }
      return new BufferedInputStream(new GZIPInputStream(raw, BUFFER_BYTES), BUFFER_BYTES);
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }

  private static void readLines(InputStream in, Handler handler) throws IOException {
    var line = new ByteArrayOutputStream();
    long number = 1;
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\n') {
        readLine(number++, line.toByteArray(), handler);
        line.reset();
      } else {
        line.write(next);
      }
    }
    readLine(number, line.toByteArray(), handler);
  }

  private static void readLine(long number, byte[] text, Handler handler) throws IOException {
    JsonNode row;
    try {
      row = JSON.readTree(text);
    } catch (IOException e) {
      // The text is in memory: this can only mean that it is not JSON, or not UTF-8.
      handler.accept(number, null);
      return;
    }
    if (!row.isMissingNode()) {
      handler.accept(number, row);
    }
  }

  private static void readArray(Path file, InputStream in, Handler handler) throws IOException {
    try (JsonParser parser = JSON.createParser(in)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        throw InputException.in(file, "must hold a JSON list of rows; one row per line belongs into a .jsonl file");
      }
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        long line = parser.currentTokenLocation().getLineNr();
        handler.accept(line, ELEMENT.<JsonNode>readValue(parser));
      }
    } catch (JsonProcessingException e) {
      long line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      throw new InputException(file + ":" + line + ": is not valid JSON: " + oneLine(e.getOriginalMessage()), e);
    }
  }

  private static String oneLine(String text) {
    return text.strip().replaceAll("\\s+", " ");
  }
}
