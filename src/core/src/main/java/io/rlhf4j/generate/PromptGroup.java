package io.rlhf4j.generate;

import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Prompts that went through the model together, and those of their samples that wait for a slot. */
final class PromptGroup implements AutoCloseable {

  /** A sample that has its first token, and the rows of its prompt in the packed keys and values. */
  record Waiting(Sample sample, int firstRow, int rows) {}

  private final List<Tensor> keysAndValues;
  private final ArrayDeque<Waiting> waiting;

  /** Takes ownership of the tensors, {@code [T, 2 kv_heads, d]}. */
  PromptGroup(List<Tensor> keysAndValues, List<Waiting> waiting) {
    this.keysAndValues = keysAndValues;
    this.waiting = new ArrayDeque<>(waiting);
  }

  static PromptGroup empty() {
    return new PromptGroup(List.of(), List.of());
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** Gives each of the free slots to a waiting sample, as far as there are any; returns the samples in slot order. */
  List<Sample> place(KeyValueCache cache, int[] freeSlots) {
    List<Waiting> placed = new ArrayList<>();
    while (placed.size() < freeSlots.length && !waiting.isEmpty()) {
      placed.add(waiting.remove());
    }
    int total = placed.stream().mapToInt(Waiting::rows).sum();
    cache.reserve(placed.stream().mapToInt(Waiting::rows).max().orElse(0));
    long[] rows = new long[total];
    long[] slots = new long[total];
    long[] positions = new long[total];
    int at = 0;
    for (int i = 0; i < placed.size(); i++) {
      for (int t = 0; t < placed.get(i).rows(); t++, at++) {
        rows[at] = placed.get(i).firstRow() + t;
        slots[at] = freeSlots[i];
        positions[at] = t;
      }
    }
    try (MemoryScope scope = MemoryScope.open()) {
      Kernels.run("place_prompts_", cache.tensor(), keysAndValues, Tensor.of(rows, total), Tensor.of(slots, total),
          Tensor.of(positions, total));
    }
    return placed.stream().map(Waiting::sample).toList();
  }

  @Override
  public void close() {
    keysAndValues.forEach(Tensor::close);
  }
}
