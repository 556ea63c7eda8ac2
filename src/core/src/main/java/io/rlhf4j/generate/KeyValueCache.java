package io.rlhf4j.generate;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.tensor.ElementType;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Keys and values of every slot for each layer, {@code [layers, slots, 2 kv_heads, capacity, d]}; capacity grows in
 * blocks. Layers with a window have such a tensor of their own, whose capacity ends at the window.
 */
final class KeyValueCache implements AutoCloseable {

  private static final int BLOCK = 64;

  private final CacheLayout layout;
  private Tensor full;
  /** Of the layers with a window; null if none drops anything. */
  private @Nullable Tensor windowed;
  private int capacity = BLOCK;

  /**
   * A sequence whose keys and values go into the cache.
   *
   * @param slot where to
   * @param firstRow of its packed keys and values
   * @param firstRecentRow the same in layers with a window, which hold its end only
   * @param length tokens
   */
  record Placed(int slot, int firstRow, int firstRecentRow, int length) {}

  KeyValueCache(DecoderShape config, CacheLayout layout, int slots) {
    this.layout = layout;
    int dropping = (int) layout.windowedLayers();
    full = empty(config, config.layers() - dropping, slots, capacity);
    windowed = dropping == 0 ? null : empty(config, dropping, slots, layout.held(capacity));
  }

  private static Tensor empty(DecoderShape config, int layers, int slots, int capacity) {
    try (MemoryScope scope = MemoryScope.open()) {
      return Kernels.tensor("new_cache", layers, slots, config.kvHeads(), config.headSize(), capacity,
          Tensor.empty(ElementType.FLOAT32, 0)).owned();
    }
  }

  /** Of all layers, or of those without and those with a window; as they are until the next {@link #reserve}. */
  List<Tensor> tensors() {
    return windowed == null ? List.of(full) : List.of(full, windowed);
  }

  /** Numbers that it holds, filled or not. */
  long size() {
    return tensors().stream().mapToLong(Tensor::count).sum();
  }

  /** Makes room for sequences of {@code positions} tokens in every slot. */
  void reserve(int positions) {
    if (positions <= capacity) {
      return;
    }
    int held = layout.held(capacity);
    // At least half as much again, so that a long response is copied a constant number of times on average.
    int wanted = Math.max(positions, capacity + capacity / 2);
    capacity = Math.ceilDiv(wanted, BLOCK) * BLOCK;
    full = grown(full, capacity);
    if (windowed != null && layout.held(capacity) > held) {
      windowed = grown(windowed, layout.held(capacity));
    }
  }

  private static Tensor grown(Tensor cache, int capacity) {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor grown = Kernels.tensor("grown_cache", cache, capacity).owned();
      cache.close();
      return grown;
    }
  }

  /** Copies packed keys and values, {@code [T, 2 kv_heads, d]} of each layer, to slots. */
  void place(List<Tensor> keysAndValues, List<Placed> sequences) {
    reserve(sequences.stream().mapToInt(Placed::length).max().orElse(0));
    List<Tensor> ofFull = new ArrayList<>();
    List<Tensor> ofWindowed = new ArrayList<>();
    for (int layer = 0; layer < keysAndValues.size(); layer++) {
      (layout.isWindowed(layer) ? ofWindowed : ofFull).add(keysAndValues.get(layer));
    }
    if (!ofFull.isEmpty()) {
      place(full, ofFull, sequences, false);
    }
    if (windowed != null) {
      place(windowed, ofWindowed, sequences, true);
    }
  }

  private void place(Tensor cache, List<Tensor> keysAndValues, List<Placed> sequences, boolean recent) {
    int total = sequences.stream().mapToInt(placed -> recent ? layout.held(placed.length()) : placed.length()).sum();
    long[] rows = new long[total];
    long[] slots = new long[total];
    long[] cells = new long[total];
    int at = 0;
    for (Placed placed : sequences) {
      int first = recent ? placed.length() - layout.held(placed.length()) : 0;
      for (int t = first; t < placed.length(); t++, at++) {
        rows[at] = recent ? placed.firstRecentRow() + t - first : placed.firstRow() + t;
        slots[at] = placed.slot();
        cells[at] = recent ? t % layout.window() : t;
      }
    }
    try (MemoryScope scope = MemoryScope.open()) {
      Kernels.run("place_prompts_", cache, keysAndValues, Tensor.of(rows, total), Tensor.of(slots, total),
          Tensor.of(cells, total));
    }
  }

  /** Copies what slots hold of sequences of up to {@code filled} tokens to other slots. */
  void move(int[] sources, int[] targets, int filled) {
    move(full, sources, targets, filled);
    if (windowed != null) {
      move(windowed, sources, targets, layout.held(filled));
    }
  }

  private static void move(Tensor cache, int[] sources, int[] targets, int filled) {
    try (MemoryScope scope = MemoryScope.open()) {
      Kernels.run("move_slots_", cache, Tensor.of(sources, sources.length), Tensor.of(targets, targets.length), filled);
    }
  }

  @Override
  public void close() {
    tensors().forEach(Tensor::close);
  }
}
