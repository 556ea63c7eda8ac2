package io.rlhf4j.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.tensor.ElementType;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Random initial weights: normal matrices, norms of 1, each tensor from its own seed. */
final class ModelInit {

  private ModelInit() {}

  static CausalModel causal(LlamaConfig config, double standardDeviation, long seed) {
    try (MemoryScope ignored = MemoryScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      LlamaShapes.backbone(config).forEach((name, shape) -> weights.put(name,
          shape.length == 1 ? ones(shape) : normal(shape, standardDeviation, seedOf(seed, name))));
      Tensor projection = config.tiedEmbeddings() ? weights.get(LlamaShapes.EMBEDDING)
          : normal(new long[] {config.vocabSize(), config.hiddenSize()}, standardDeviation,
              seedOf(seed, LlamaShapes.PROJECTION));
      return new CausalModel(new LlamaBackbone(config, weights), projection, emptyConfig());
    }
  }

  /** The score head, {@code [1, H]}. */
  static Tensor scoreHead(int hiddenSize, double standardDeviation, long seed) {
    try (MemoryScope ignored = MemoryScope.open()) {
      return normal(new long[] {1, hiddenSize}, standardDeviation, seedOf(seed, LlamaShapes.SCORE));
    }
  }

  /** One at a time: libtorch's generator, which the kernel seeds, is common to all threads. */
  private static synchronized Tensor normal(long[] shape, double standardDeviation, long seed) {
    Tensor tensor = Tensor.empty(ElementType.FLOAT32, shape).owned();
    Kernels.run("normal_", tensor, standardDeviation, seed);
    return tensor;
  }

  private static Tensor ones(long[] shape) {
    Tensor tensor = Tensor.empty(ElementType.FLOAT32, shape).owned();
    Kernels.run("fill_", tensor, 1.0);
    return tensor;
  }

  private static long seedOf(long seed, String name) {
    return seed * 1_000_003L + name.hashCode();
  }

  private static ObjectNode emptyConfig() {
    return JsonNodeFactory.instance.objectNode();
  }
}
