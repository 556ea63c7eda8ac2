package io.rlhf4j.model;

import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The projections of a decoder in 4 bits, as {@code kernels/nf4.py} describes: about an eighth of their fp32 size. The
 * kernels turn each back into fp32 where they use it. Owns its tensors.
 */
final class Nf4Weights implements AutoCloseable {

  /** Elements that share a scale. */
  private static final int BLOCK = 64;

  private final List<Tensor> tables;
  /** Bytes, codes and scales of each matrix. */
  private final Map<String, List<Tensor>> matrices = new LinkedHashMap<>();

  private Nf4Weights(List<Tensor> tables) {
    this.tables = tables;
  }

  /** Of those projections that are divisible into blocks; the given weights stay as they are. */
  static Nf4Weights of(Map<String, Tensor> weights) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Nf4Weights packed =
          new Nf4Weights(owned(Kernels.tensors("nf4_tables").stream().map(Tensor::here).toList()));
      weights.forEach((name, weight) -> {
        boolean projection = Adapters.PARTS.stream().anyMatch(part -> name.endsWith("." + part));
        if (projection && weight.count() % BLOCK == 0 && weight.size(1) % 2 == 0) {
          packed.matrices.put(name,
              owned(Kernels.tensors("nf4_quantised", weight, packed.tables.get(0), packed.tables.get(1))));
        }
      });
      return packed;
    }
  }

  private static List<Tensor> owned(List<Tensor> tensors) {
    return tensors.stream().map(Tensor::owned).toList();
  }

  /** Names of the matrices in 4 bits. */
  Set<String> names() {
    return Collections.unmodifiableSet(matrices.keySet());
  }

  /** A matrix in fp32 again, {@code [out, in]}, of the current memory scope. */
  Tensor weight(String name) {
    List<Tensor> packed = matrices.get(name);
    try (GradientScope paused = GradientScope.paused()) {
      return Kernels.tensor("nf4_weight", packed.get(0), packed.get(1), packed.get(2), tables.get(0), tables.get(1));
    }
  }

  /** Everything that {@link #weight} needs, in fp32, which holds bytes and codes exactly; of the current scope. */
  Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    parts().forEach((name, part) -> state.put(name, Kernels.tensor("scale", part, 1.0)));
    return state;
  }

  void restore(ModelWeights checkpoint) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Map<String, Tensor> stored = state();
      stored.forEach(checkpoint::readInto);
      parts().forEach((name, part) -> Kernels.run("copy_", part, stored.get(name)));
    }
  }

  private Map<String, Tensor> parts() {
    Map<String, Tensor> parts = new LinkedHashMap<>();
    matrices.forEach((name, packed) -> {
      parts.put(name + ".bytes", packed.get(0));
      parts.put(name + ".codes", packed.get(1));
      parts.put(name + ".scales", packed.get(2));
    });
    return parts;
  }

  /** What the kernels take of a layer. */
  List<Tensor> ofLayer(int layer, Tensor absent) {
    List<Tensor> slots = new ArrayList<>();
    for (String part : Adapters.PARTS) {
      slots.addAll(matrices.getOrDefault(WeightLayout.layerWeight(layer, part), List.of(absent, absent, absent)));
    }
    slots.addAll(tables);
    return slots;
  }

  @Override
  public void close() {
    matrices.values().forEach(packed -> packed.forEach(Tensor::close));
    tables.forEach(Tensor::close);
  }
}
