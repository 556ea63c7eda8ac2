package io.rlhf4j.generate;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;

/**
 * Keys and values of every slot for each layer, {@code [layers, slots, 2 kv_heads, capacity, d]}; capacity grows in
 * blocks.
 */
final class KeyValueCache implements AutoCloseable {

  private static final int BLOCK = 64;

  private Tensor tensor;
  private int capacity = BLOCK;

  KeyValueCache(DecoderShape config, int slots) {
    try (MemoryScope scope = MemoryScope.open()) {
      tensor =
          Kernels.tensor("new_cache", config.layers(), slots, config.kvHeads(), config.headSize(), capacity).owned();
    }
  }

  /** As it is until the next call of {@link #reserve}. */
  Tensor tensor() {
    return tensor;
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
      Tensor grown = Kernels.tensor("grown_cache", tensor, capacity).owned();
      close();
      tensor = grown;
    }
  }

  /** Copies the first {@code filled} positions of slots to other slots. */
  void move(int[] sources, int[] targets, int filled) {
    try (MemoryScope scope = MemoryScope.open()) {
      Kernels.run("move_slots_", tensor, Tensor.of(sources, sources.length),
          Tensor.of(targets, targets.length), filled);
    }
  }

  @Override
  public void close() {
    tensor.close();
  }
}
