package io.rlhf4j.tensor;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The weights of a model folder: one {@code model.safetensors}, or several shards that
 * {@code model.safetensors.index.json} lists. Finds the shard of each name.
 */
public final class ModelWeights implements AutoCloseable {

  static final String SINGLE = "model.safetensors";
  static final String INDEX = "model.safetensors.index.json";

  private final Path folder;
  private final Map<String, SafetensorsReader> shards;
  private final Map<String, SafetensorsReader> byName;

  private ModelWeights(Path folder, Map<String, SafetensorsReader> shards, Map<String, SafetensorsReader> byName) {
    this.folder = folder;
    this.shards = shards;
    this.byName = byName;
  }

  /** Whether a folder has weights. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(SINGLE)) || Files.isRegularFile(folder.resolve(INDEX));
  }

  /**
   * Opens a model folder (or one safetensors file) and checks all headers.
   *
   * @throws InputException if there are no weights, a shard is missing, or an index and its shards do not agree
   */
  public static ModelWeights open(Path folderOrFile) {
    if (Files.isRegularFile(folderOrFile)) {
      return single(folderOrFile);
    }
    if (Files.isRegularFile(folderOrFile.resolve(SINGLE))) {
      return single(folderOrFile.resolve(SINGLE));
    }
    if (Files.isRegularFile(folderOrFile.resolve(INDEX))) {
      return sharded(folderOrFile);
    }
    throw InputException.in(folderOrFile, "has neither " + SINGLE + " nor " + INDEX);
  }

  private static ModelWeights single(Path file) {
    SafetensorsReader reader = SafetensorsReader.open(file);
    Map<String, SafetensorsReader> byName = new LinkedHashMap<>();
    reader.names().forEach(name -> byName.put(name, reader));
    return new ModelWeights(file, Map.of(file.toString(), reader), byName);
  }

  private static ModelWeights sharded(Path folder) {
    Path index = folder.resolve(INDEX);
    JsonNode names = weightMap(index);
    ModelWeights weights = new ModelWeights(folder, new LinkedHashMap<>(), new LinkedHashMap<>());
    try {
      names.properties().forEach(field -> weights.add(index, field.getKey(), field.getValue().asText()));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
    return weights;
  }

  private static JsonNode weightMap(Path index) {
    try {
      JsonNode names = SafetensorsHeader.parse(index, Files.readAllBytes(index)).path("weight_map");
      if (!names.isObject()) {
        throw InputException.in(index, "weight_map: expected an object from tensor names to file names");
      }
      return names;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + index, e);
    }
  }

  private void add(Path index, String name, String shard) {
    String key = "weight_map." + SafetensorsHeader.oneLine(name);
    Path file = folder.resolve(shard);
    if (shard.isEmpty() || !folder.equals(file.getParent()) || !Files.isRegularFile(file)) {
      throw InputException.in(index,
          key + ": there is no file '" + SafetensorsHeader.oneLine(shard) + "' in this folder");
    }
    SafetensorsReader reader = shards.computeIfAbsent(shard, absent -> SafetensorsReader.open(file));
    if (!reader.names().contains(name)) {
      throw InputException.in(index, key + ": " + shard + " has no tensor of this name");
    }
    byName.put(name, reader);
  }

  /** Names of all tensors. */
  public Set<String> names() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  public boolean contains(String name) {
    return byName.containsKey(name);
  }

  public long[] shape(String name) {
    return shard(name).shape(name);
  }

  /** The file that holds a tensor. */
  public Path file(String name) {
    return shard(name).file();
  }

  public StoredType storedType(String name) {
    return shard(name).storedType(name);
  }

  /** See {@link SafetensorsReader#read}. */
  public Tensor read(String name) {
    return shard(name).read(name);
  }

  /** See {@link SafetensorsReader#readFinite}. */
  public Tensor readFinite(String name) {
    return shard(name).readFinite(name);
  }

  /** See {@link SafetensorsReader#readInto}. */
  public void readInto(String name, Tensor target) {
    shard(name).readInto(name, target);
  }

  private SafetensorsReader shard(String name) {
    SafetensorsReader reader = byName.get(name);
    if (reader == null) {
      throw InputException.in(folder, "tensor " + SafetensorsHeader.oneLine(name) + ": not among the weights");
    }
    return reader;
  }

  @Override
  public void close() {
    shards.values().forEach(SafetensorsReader::close);
  }
}
