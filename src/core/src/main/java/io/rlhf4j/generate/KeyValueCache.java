package io.rlhf4j.generate;

import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Keys and values of every slot, {@code [slots, kv_heads, capacity, d]} for each layer; capacity grows in blocks. */
final class KeyValueCache implements AutoCloseable {

  private static final int BLOCK = 64;

  private List<Tensor> tensors = new ArrayList<>();

  KeyValueCache(LlamaConfig config, int slots) {
    try (MemoryScope scope = MemoryScope.open()) {
      for (int i = 0; i < 2 * config.layers(); i++) {
        tensors.add(Tensor.zeros(slots, config.kvHeads(), BLOCK, config.headSize()).owned());
      }
    }
  }

  /** Keys and values of the layers in turn. */
  List<Tensor> tensors() {
    return tensors;
  }

  /** Makes room for {@code positions} tokens in every slot. */
  void reserve(int positions) {
    if (positions <= tensors.getFirst().size(2)) {
      return;
    }
    // At least half as much again, so that a long response is copied a constant number of times on average.
    long capacity = Math.max(positions, tensors.getFirst().size(2) * 3 / 2);
    try (MemoryScope scope = MemoryScope.open()) {
      List<Tensor> grown = Kernels.tensors("grown_caches", tensors, (capacity + BLOCK - 1) / BLOCK * BLOCK);
      grown.forEach(Tensor::owned);
      close();
      tensors = grown;
    }
  }

  /** Copies the first {@code filled} positions of slots to other slots. */
  void move(int[] sources, int[] targets, int filled) {
    try (MemoryScope scope = MemoryScope.open()) {
      Kernels.run("move_slots_", tensors, Tensor.of(sources, sources.length), Tensor.of(targets, targets.length), filled);
    }
  }

  @Override
  public void close() {
    tensors.forEach(Tensor::close);
  }
}
