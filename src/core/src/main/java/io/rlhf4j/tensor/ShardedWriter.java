package io.rlhf4j.tensor;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Writes the weights of a model folder as {@code transformers} does: one file, or shards of a limited size with an
 * index, which {@link ModelWeights} reads back.
 */
public final class ShardedWriter {

  /** What {@code save_pretrained} has long taken for its shards. */
  public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, String> METADATA = Map.of("format", "pt");

  private ShardedWriter() {}

  /**
   * Writes the tensors in their order. A tensor larger than a shard gets one of its own. Files of an earlier save with
   * another number of shards are removed at the end.
   *
   * @param shardBytes most bytes of data in one file
   */
  public static void write(Path folder, Map<String, Tensor> tensors, StoredType floats, long shardBytes) {
    if (shardBytes < 1) {
      throw new IllegalArgumentException("a shard of " + shardBytes + " bytes holds nothing");
    }
    List<Map<String, Tensor>> shards = divide(tensors, floats, shardBytes);
    try {
      List<String> written = new ArrayList<>();
      for (Map<String, Tensor> shard : shards) {
        String name = name(written.size(), shards.size());
        SafetensorsWriter.write(folder.resolve(name), shard, floats, METADATA);
        written.add(name);
      }
      if (shards.size() > 1) {
        Files.writeString(folder.resolve(ModelWeights.INDEX), index(shards, written, floats));
        written.add(ModelWeights.INDEX);
      }
      removeOthers(folder, written);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + folder, e);
    }
  }

  private static String name(int shard, int shards) {
    return shards == 1 ? ModelWeights.SINGLE
        : String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", shard + 1, shards);
  }

  private static List<Map<String, Tensor>> divide(Map<String, Tensor> tensors, StoredType floats, long shardBytes) {
    List<Map<String, Tensor>> shards = new ArrayList<>();
    long filled = Long.MAX_VALUE;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      long bytes = bytes(entry.getValue(), floats);
      if (shards.isEmpty() || filled > shardBytes - bytes) {
        shards.add(new LinkedHashMap<>());
        filled = 0;
      }
      shards.getLast().put(entry.getKey(), entry.getValue());
      filled += bytes;
    }
    return shards;
  }

  private static long bytes(Tensor tensor, StoredType floats) {
    return tensor.count() * (tensor.type() == ElementType.FLOAT32 ? floats.bytes() : tensor.type().bytes());
  }

  private static String index(List<Map<String, Tensor>> shards, List<String> names, StoredType floats)
      throws IOException {
    ObjectNode index = JSON.createObjectNode();
    index.putObject("metadata").put("total_size", shards.stream().flatMap(shard -> shard.values().stream())
        .mapToLong(tensor -> bytes(tensor, floats)).sum());
    ObjectNode map = index.putObject("weight_map");
    for (int i = 0; i < shards.size(); i++) {
      String file = names.get(i);
      shards.get(i).keySet().forEach(name -> map.put(name, file));
    }
    return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(index);
  }

  /** A single file would be read in place of the shards. */
  private static void removeOthers(Path folder, List<String> written) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        boolean weights = name.matches("model(-\\d{5}-of-\\d{5})?\\.safetensors") || name.equals(ModelWeights.INDEX);
        if (weights && !written.contains(name)) {
          Files.delete(file);
        }
      }
    }
  }
}
