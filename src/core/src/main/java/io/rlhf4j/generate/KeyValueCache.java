package io.rlhf4j.generate;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * Keys, {@code [slots, kv_heads, d, capacity]}, and values, {@code [slots, kv_heads, capacity, d]}, of every slot for
 * each layer; capacity grows in blocks.
 */
final class KeyValueCache implements AutoCloseable {

  private static final int BLOCK = 64;

  private List<Tensor> tensors;
  private int capacity = BLOCK;

  KeyValueCache(DecoderShape config, int slots) {
    try (MemoryScope scope = MemoryScope.open()) {
      tensors = Kernels.tensors("new_caches", config.layers(), slots, config.kvHeads(), config.headSize(), capacity);
      tensors.forEach(Tensor::owned);
    }
  }

  /** Keys and values of the layers in turn. */
  List<Tensor> tensors() {
    return tensors;
  }

  /** Makes room for {@code positions} tokens in every slot. */
  void reserve(int positions) {
    if (positions <= capacity) {
      return;
    }
    // At least half as much again, so that a long response is copied a constant number of times on average.
    int wanted = Math.max(positions, capacity + capacity / 2);
    capacity = Math.ceilDiv(wanted, BLOCK) * BLOCK;
    try (MemoryScope scope = MemoryScope.open()) {
      List<Tensor> grown = Kernels.tensors("grown_caches", tensors, capacity);
      grown.forEach(Tensor::owned);
      close();
      tensors = grown;
    }
  }

  /** Copies the first {@code filled} positions of slots to other slots. */
  void move(int[] sources, int[] targets, int filled) {
    try (MemoryScope scope = MemoryScope.open()) {
      Kernels.run("move_slots_", tensors, Tensor.of(sources, sources.length),
          Tensor.of(targets, targets.length), filled);
    }
  }

  @Override
  public void close() {
    tensors.forEach(Tensor::close);
  }
}
