package io.rlhf4j.model;

import io.rlhf4j.model.family.ConfigFields;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.ElementType;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Random initial weights: normal matrices, norms of 1, each tensor from its own seed. */
final class ModelInit {

  private ModelInit() {}

  static CausalModel causal(LlamaConfig config, double standardDeviation, long seed) {
    ModelDescription description =
        ModelDescription.of(ConfigFields.of(Path.of("config.json"), config.toJson()));
    DecoderShape shape = description.shape();
    try (MemoryScope ignored = MemoryScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      WeightLayout.backbone(shape).forEach((name, sizes) -> weights.put(name,
          sizes.length == 1 ? ones(sizes) : normal(sizes, standardDeviation, seedOf(seed, name))));
      Tensor projection = shape.tiedEmbeddings() ? weights.get(WeightLayout.EMBEDDING)
          : normal(new long[] {shape.vocabSize(), shape.hiddenSize()}, standardDeviation,
              seedOf(seed, WeightLayout.PROJECTION));
      return new CausalModel(new Backbone(shape, weights), projection, description);
    }
  }

  /** The score head, {@code [1, H]}. */
  static Tensor scoreHead(int hiddenSize, double standardDeviation, long seed) {
    try (MemoryScope ignored = MemoryScope.open()) {
      return normal(new long[] {1, hiddenSize}, standardDeviation, seedOf(seed, WeightLayout.SCORE));
    }
  }

  /**
   * One at a time: libtorch's generator, which the kernel seeds, is common to all threads. In main memory, so that a
   * seed gives the same model on every device.
   */
  private static synchronized Tensor normal(long[] shape, double standardDeviation, long seed) {
    Tensor tensor = Tensor.inMainMemory(ElementType.FLOAT32, shape);
    Kernels.run("normal_", tensor, standardDeviation, seed);
    return tensor.here().owned();
  }

  /** Uniform within plus and minus the bound. */
  static synchronized Tensor uniform(long[] shape, double bound, long seed) {
    Tensor tensor = Tensor.inMainMemory(ElementType.FLOAT32, shape);
    Kernels.run("uniform_", tensor, bound, seed);
    return tensor.here().owned();
  }

  private static Tensor ones(long[] shape) {
    Tensor tensor = Tensor.empty(ElementType.FLOAT32, shape).owned();
    Kernels.run("fill_", tensor, 1.0);
    return tensor;
  }

  static long seedOf(long seed, String name) {
    return seed * 1_000_003L + name.hashCode();
  }
}
