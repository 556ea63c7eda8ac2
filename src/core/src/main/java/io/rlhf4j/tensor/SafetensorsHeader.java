package io.rlhf4j.tensor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The checked header of a safetensors file: an 8-byte little-endian length, then JSON that gives each tensor's type,
 * shape and byte range in the data that follows. Ranges must cover the data without overlaps or holes.
 *
 * @param tensors by name, in the order of their data
 * @param dataStart file position in bytes at which the ranges start to count
 */
record SafetensorsHeader(Map<String, Entry> tensors, Map<String, String> metadata, long dataStart) {

  static final String METADATA = "__metadata__";

  /** The format's own limit, which keeps a damaged length from asking for gigabytes. */
  private static final long MAX_HEADER_BYTES = 100_000_000;

  private static final JsonMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
      .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Where and how one tensor is stored; {@code begin} and {@code end} are bytes from the start of the data. */
  record Entry(StoredType type, long[] shape, long begin, long end) {}

  static SafetensorsHeader read(Path file, FileChannel channel) throws IOException {
    long fileBytes = channel.size();
    if (fileBytes < 8) {
      throw InputException.in(file, "header length: the file has " + fileBytes
          + " bytes, a safetensors file at least 10");
    }
    long headerBytes = readFully(channel, 0, 8).getLong();
    if (headerBytes < 2 || headerBytes > MAX_HEADER_BYTES || headerBytes > fileBytes - 8) {
      throw InputException.in(file, "header length: " + Long.toUnsignedString(headerBytes)
          + " bytes do not fit a file of " + fileBytes + " bytes; it is truncated or not a safetensors file");
    }
    JsonNode root = parse(file, readFully(channel, 8, (int) headerBytes).array());
    long dataStart = 8 + headerBytes;
    return new SafetensorsHeader(entries(file, root, fileBytes - dataStart), metadata(file, root), dataStart);
  }

  static JsonNode parse(Path file, byte[] json) throws IOException {
    try {
      JsonNode root = JSON.readTree(json);
      if (!root.isObject()) {
        throw InputException.in(file, "header: expected a JSON object");
      }
      return root;
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": header: " + oneLine(e.getOriginalMessage()), e);
    }
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException("the file was shortened while it was being read");
      }
    }
    return buffer.flip();
  }

  private static Map<String, String> metadata(Path file, JsonNode root) {
    Map<String, String> metadata = new LinkedHashMap<>();
    root.path(METADATA).properties().forEach(field -> {
      if (!field.getValue().isTextual()) {
        throw InputException.in(file, METADATA + "." + oneLine(field.getKey()) + ": expected a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    });
    return Collections.unmodifiableMap(metadata);
  }

  private static Map<String, Entry> entries(Path file, JsonNode root, long dataBytes) {
    List<Map.Entry<String, Entry>> found = new ArrayList<>();
    root.properties().stream().filter(field -> !field.getKey().equals(METADATA)).forEach(
        field -> found.add(Map.entry(field.getKey(), new EntryParser(file, field.getKey()).parse(field.getValue()))));
    found.sort(Comparator.comparingLong((Map.Entry<String, Entry> entry) -> entry.getValue().begin())
        .thenComparingLong(entry -> entry.getValue().end()));
    Map<String, Entry> ordered = new LinkedHashMap<>();
    long end = 0;
    for (Map.Entry<String, Entry> entry : found) {
      Entry tensor = entry.getValue();
      String problem = tensor.end() > dataBytes
          ? "ends after the data of " + dataBytes + " bytes; the file is truncated or damaged"
          : tensor.begin() < end ? "overlaps another tensor"
              : tensor.begin() > end ? "leaves a hole of " + (tensor.begin() - end) + " bytes before it" : "";
      if (!problem.isEmpty()) {
        throw InputException.in(file, "tensor " + oneLine(entry.getKey()) + ".data_offsets: [" + tensor.begin() + ", "
            + tensor.end() + "] " + problem);
      }
      end = tensor.end();
      ordered.put(entry.getKey(), tensor);
    }
    if (end != dataBytes) {
      throw InputException.in(file, "data: the tensors end at " + end + " of " + dataBytes + " bytes");
    }
    return Collections.unmodifiableMap(ordered);
  }

  /** Names come from the file, which may hold anything. */
  static String oneLine(String text) {
    return text.replaceAll("\\p{Cntrl}+", " ");
  }

  /** Checks one tensor's fields. */
  private record EntryParser(Path file, String name) {

    Entry parse(JsonNode json) {
      StoredType type = type(json.path("dtype").asText());
      long[] shape = integers(json, "shape");
      long[] range = integers(json, "data_offsets");
      if (range.length != 2 || range[0] > range[1]) {
        throw wrong("data_offsets", "expected [begin, end] with begin <= end, found " + Arrays.toString(range));
      }
      if (bytes(type, shape) != range[1] - range[0]) {
        throw wrong("shape", Arrays.toString(shape) + " of " + type + " takes " + bytes(type, shape)
            + " bytes, data_offsets give " + (range[1] - range[0]));
      }
      return new Entry(type, shape, range[0], range[1]);
    }

    private StoredType type(String text) {
      return Arrays.stream(StoredType.values()).filter(type -> type.name().equals(text)).findFirst().orElseThrow(
          () -> wrong("dtype", "'" + oneLine(text) + "' is not one of " + Arrays.toString(StoredType.values())));
    }

    private long[] integers(JsonNode json, String field) {
      JsonNode array = json.path(field);
      long[] values = new long[array.size()];
      for (int i = 0; i < values.length; i++) {
        JsonNode value = array.get(i);
        if (value == null || !value.isIntegralNumber() || !value.canConvertToLong() || value.longValue() < 0) {
          throw wrong(field, "expected a list of integers that are not negative");
        }
        values[i] = value.longValue();
      }
      if (!array.isArray()) {
        throw wrong(field, "expected a list of integers that are not negative");
      }
      return values;
    }

    private long bytes(StoredType type, long[] shape) {
      try {
        long bytes = type.bytes();
        for (long size : shape) {
          bytes = Math.multiplyExact(bytes, size);
        }
        return bytes;
      } catch (ArithmeticException e) {
        throw wrong("shape", Arrays.toString(shape) + " is too large");
      }
    }

    private InputException wrong(String field, String problem) {
      return InputException.in(file, "tensor " + oneLine(name) + "." + field + ": " + problem);
    }
  }
}
