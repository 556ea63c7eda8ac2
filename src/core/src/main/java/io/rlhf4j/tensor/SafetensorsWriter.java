package io.rlhf4j.tensor;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a safetensors file. Data goes to a hidden file beside the target, is forced to disk and then renamed, so that
 * the target is at any time either the old file or the complete new one.
 */
public final class SafetensorsWriter {

  private static final int STAGING_BYTES = 1 << 20;
  private static final int HEADER_ALIGNMENT = 8;
  private static final JsonMapper JSON = new JsonMapper();

  private final FileChannel channel;
  private final ByteBuffer staging = ByteBuffer.allocateDirect(STAGING_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  private SafetensorsWriter(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Writes fp32 tensors as {@code floats} ({@link StoredType#F32}, {@link StoredType#BF16} or {@link StoredType#F16},
   * rounded to nearest, ties to even) and int64 tensors as they are. Data follows the order of the map, int64 first.
   */
  public static void write(Path file, Map<String, Tensor> tensors, StoredType floats, Map<String, String> metadata) {
    if (floats != StoredType.F32 && floats != StoredType.BF16 && floats != StoredType.F16) {
      throw new IllegalArgumentException("floats are stored as F32, BF16 or F16, not " + floats);
    }
    Path target = file.toAbsolutePath();
    Path partial = target.resolveSibling("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-"
        + Thread.currentThread().threadId() + ".part");
    try {
      try {
        Files.createDirectories(target.getParent());
        writeTo(partial, ordered(tensors), floats, metadata);
        Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        forceFolder(target.getParent());
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    } catch (UncheckedIOException e) {
      // From the middle of a tensor, where nobody knows the file.
      throw new UncheckedIOException("cannot write " + file, e.getCause());
    }
  }

  private static void writeTo(Path partial, List<Map.Entry<String, Tensor>> tensors, StoredType floats,
      Map<String, String> metadata) throws IOException {
    try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.CREATE,
        StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
      SafetensorsWriter writer = new SafetensorsWriter(channel);
      writer.writeAll(header(tensors, floats, metadata));
      for (Map.Entry<String, Tensor> entry : tensors) {
        writer.writeTensor(entry.getValue(), storedType(entry.getValue(), floats));
      }
      channel.force(true);
    }
  }

  /** Wide elements first keeps every tensor aligned to its element size. */
  private static List<Map.Entry<String, Tensor>> ordered(Map<String, Tensor> tensors) {
    return tensors.entrySet().stream()
        .sorted(Comparator.comparing(entry -> entry.getValue().type() != ElementType.INT64)).toList();
  }

  private static ByteBuffer header(List<Map.Entry<String, Tensor>> tensors, StoredType floats,
      Map<String, String> metadata) throws JsonProcessingException {
    Map<String, Object> header = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      header.put(SafetensorsHeader.METADATA, metadata);
    }
    long position = 0;
    for (Map.Entry<String, Tensor> entry : tensors) {
      StoredType type = storedType(entry.getValue(), floats);
      long end = position + entry.getValue().count() * type.bytes();
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("dtype", type.name());
      fields.put("shape", entry.getValue().shape());
      fields.put("data_offsets", new long[] {position, end});
      header.put(entry.getKey(), fields);
      position = end;
    }
    byte[] json = JSON.writeValueAsString(header).getBytes(StandardCharsets.UTF_8);
    int padded = Math.ceilDiv(json.length, HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
    byte[] bytes = Arrays.copyOf(json, padded);
    Arrays.fill(bytes, json.length, padded, (byte) ' ');
    return ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(bytes).flip();
  }

  private static StoredType storedType(Tensor tensor, StoredType floats) {
    return switch (tensor.type()) {
      case FLOAT32 -> floats;
      case INT64 -> StoredType.I64;
      case FLOAT64, INT32, BOOL, OTHER -> throw new IllegalArgumentException("only fp32 and int64 tensors are written, "
          + "not " + tensor);
    };
  }

  private void writeTensor(Tensor tensor, StoredType type) {
    try (MemoryScope ignored = MemoryScope.open()) {
      TensorMemory.forEachPart(tensor.contiguous(), (memory, firstElement) -> {
        try {
          writePart(memory, type);
        } catch (IOException e) {
          throw new UncheckedIOException(e.getMessage(), e);
        }
      });
    }
  }

  private void writePart(ByteBuffer memory, StoredType type) throws IOException {
    if (type.sameInMemory()) {
      writeAll(memory);
      return;
    }
    var values = memory.asFloatBuffer();
    while (values.hasRemaining()) {
      staging.clear();
      type.encode(values, staging);
      writeAll(staging.flip());
    }
  }

  private void writeAll(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** A rename is durable once its folder is. Some file systems cannot force a folder; then the rename stays atomic. */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException e) {
      // Not supported here; nothing more can be done.
    }
  }
}
