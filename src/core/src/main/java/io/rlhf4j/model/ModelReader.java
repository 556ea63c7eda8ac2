package io.rlhf4j.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Reads a Hugging Face directory: {@code config.json} and safetensors. */
final class ModelReader {

  private static final ObjectMapper JSON = new ObjectMapper();
  /** Buffers that older checkpoints carry; they follow from the configuration. */
  private static final String DERIVED_BUFFER = "rotary_emb.inv_freq";

  private ModelReader() {}

  static CausalModel causal(Path directory) {
    ObjectNode json = readConfig(directory);
    LlamaConfig config = LlamaConfig.parse(directory.resolve("config.json"), json);
    Map<String, long[]> expected = LlamaShapes.backbone(config);
    if (!config.tiedEmbeddings()) {
      expected.put(LlamaShapes.PROJECTION, new long[] {config.vocabSize(), config.hiddenSize()});
    }
    Map<String, Tensor> weights =
        read(directory, expected, Set.of(LlamaShapes.PROJECTION, LlamaShapes.SCORE), Set.of());
    Tensor projection = config.tiedEmbeddings() ? weights.get(LlamaShapes.EMBEDDING)
        : weights.remove(LlamaShapes.PROJECTION);
    return new CausalModel(new LlamaBackbone(config, weights), projection, json);
  }

  static ScalarModel scalar(Path directory) {
    ObjectNode json = readConfig(directory);
    LlamaConfig config = LlamaConfig.parse(directory.resolve("config.json"), json);
    Map<String, long[]> expected = LlamaShapes.backbone(config);
    expected.put(LlamaShapes.SCORE, new long[] {1, config.hiddenSize()});
    Map<String, Tensor> weights = read(directory, expected, Set.of(LlamaShapes.PROJECTION), Set.of(LlamaShapes.SCORE));
    Tensor head = weights.remove(LlamaShapes.SCORE);
    return new ScalarModel(new LlamaBackbone(config, weights), head, json);
  }

  static ScalarModel scalarWithNewHead(Path directory, double standardDeviation, long seed) {
    ObjectNode json = readConfig(directory);
    LlamaConfig config = LlamaConfig.parse(directory.resolve("config.json"), json);
    Map<String, Tensor> weights = read(directory, LlamaShapes.backbone(config),
        Set.of(LlamaShapes.PROJECTION, LlamaShapes.SCORE), Set.of());
    return new ScalarModel(new LlamaBackbone(config, weights),
        ModelInit.scoreHead(config.hiddenSize(), standardDeviation, seed), json);
  }

  static ObjectNode readConfig(Path directory) {
    Path file = directory.resolve("config.json");
    if (!Files.isDirectory(directory)) {
      throw InputException.in(directory, "is not a model directory");
    }
    if (!Files.isRegularFile(file)) {
      throw InputException.in(directory, "has no config.json, so it is not a Hugging Face model directory");
    }
    try {
      if (JSON.readTree(file.toFile()) instanceof ObjectNode object) {
        return object;
      }
      throw InputException.in(file, "must hold a JSON object");
    } catch (JsonProcessingException e) {
      throw InputException.at(file, e.getLocation().getLineNr(), "is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw InputException.in(file, "cannot be read: " + e.getMessage());
    }
  }

  /** Reads every expected weight; tensors that are neither expected nor ignorable mean another architecture. */
  private static Map<String, Tensor> read(Path directory, Map<String, long[]> expected, Set<String> ignorable,
      Set<String> heads) {
    try (ModelWeights files = ModelWeights.open(directory); MemoryScope ignored = MemoryScope.open()) {
      for (String name : files.names()) {
        if (!expected.containsKey(name) && !ignorable.contains(name) && !name.endsWith(DERIVED_BUFFER)) {
          throw InputException.in(directory, "tensor " + name + " belongs to no Llama model this project knows");
        }
      }
      expected.forEach((name, shape) -> check(directory, files, name, shape, heads));
      Map<String, Tensor> weights = new LinkedHashMap<>();
      expected.keySet().forEach(name -> weights.put(name, files.readFinite(name)));
      weights.values().forEach(Tensor::owned);
      return weights;
    }
  }

  private static void check(Path directory, ModelWeights files, String name, long[] shape, Set<String> heads) {
    if (!files.contains(name)) {
      throw InputException.in(directory, "tensor " + name + " is missing"
          + (heads.contains(name) ? "; this model has no score head, so it is not a reward model or critic" : ""));
    }
    if (!Arrays.equals(files.shape(name), shape)) {
      throw InputException.in(directory, "tensor " + name + " has shape " + Arrays.toString(files.shape(name))
          + ", config.json asks for " + Arrays.toString(shape));
    }
  }
}
