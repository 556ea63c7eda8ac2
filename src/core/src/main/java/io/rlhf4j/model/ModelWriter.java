package io.rlhf4j.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.model.family.HubTensor;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ShardedWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes what {@code transformers} loads: {@code config.json} and {@code model.safetensors}, or shards of it. */
final class ModelWriter {

  private static final ObjectMapper JSON = new ObjectMapper();

  private ModelWriter() {}

  /**
   * Writes a model's configuration with weights.
   *
   * @param weights in the common layout
   * @throws io.rlhf4j.config.InputException if a weight is too large for the format's numbers
   */
  static void write(LanguageModel model, Path directory, Map<String, Tensor> weights, SaveFormat format) {
    format.requireRange(weights);
    try {
      Files.createDirectories(directory);
      JSON.writerWithDefaultPrettyPrinter().writeValue(directory.resolve("config.json").toFile(),
          config(model, format.floats()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + directory.resolve("config.json"), e);
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      ShardedWriter.write(directory, inFamilyLayout(model, weights), format.floats(), format.shardBytes());
    }
  }

  /** Tensors of the common layout (weights, or their gradients) by name and layout of the family's files. */
  static Map<String, Tensor> inFamilyLayout(LanguageModel model, Map<String, Tensor> tensors) {
    ModelDescription description = model.description();
    Map<String, Tensor> stored = new LinkedHashMap<>();
    for (HubTensor tensor : description.family().tensors(description.shape())) {
      stored.put(tensor.name(), stored(tensor, tensors));
    }
    HubTensor head = description.head(model.head());
    if (tensors.containsKey(head.parts().getFirst())) {
      stored.put(head.name(), stored(head, tensors));
    }
    return stored;
  }

  private static Tensor stored(HubTensor tensor, Map<String, Tensor> weights) {
    List<Tensor> parts = tensor.parts().stream().map(weights::get).toList();
    return tensor.isPlain() ? parts.getFirst()
        : Kernels.tensor("join_fused", parts, tensor.groups(), tensor.transposed());
  }

  private static ObjectNode config(LanguageModel model, StoredType floats) {
    ObjectNode json = model.source().deepCopy();
    json.putArray("architectures").add(model.architecture());
    json.put("torch_dtype", switch (floats) {
      case F32 -> "float32";
      case BF16 -> "bfloat16";
      case F16 -> "float16";
      case F64, I64, I32, I16, I8, U8, BOOL ->
          throw new IllegalArgumentException("weights are not written as " + floats);
    });
    json.remove(List.of("dtype", "num_labels", "id2label", "label2id"));
    if (model instanceof ScalarModel) {
      json.putObject("id2label").put("0", "LABEL_0");
      json.putObject("label2id").put("LABEL_0", 0);
    }
    return json;
  }
}
