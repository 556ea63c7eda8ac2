package io.rlhf4j.generate;

import io.rlhf4j.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Prompts that went through the model together, and those of their samples that wait for a slot. */
final class PromptGroup implements AutoCloseable {

  /**
   * A sample that has its first token, and where its prompt stands in the packed keys and values.
   *
   * @param firstRow in layers that hold all of it
   * @param firstRecentRow in layers that hold its end only
   * @param rows its tokens
   */
  record Waiting(Sample sample, int firstRow, int firstRecentRow, int rows) {}

  private final List<Tensor> keysAndValues;
  private final ArrayDeque<Waiting> waiting;

  /** Takes ownership of the tensors, {@code [T, 2 kv_heads, d]} of each layer, fewer rows where it has a window. */
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
    List<KeyValueCache.Placed> sequences = new ArrayList<>();
    for (int i = 0; i < placed.size(); i++) {
      Waiting prompt = placed.get(i);
      sequences.add(new KeyValueCache.Placed(freeSlots[i], prompt.firstRow(), prompt.firstRecentRow(), prompt.rows()));
    }
    cache.place(keysAndValues, sequences);
    return placed.stream().map(Waiting::sample).toList();
  }

  @Override
  public void close() {
    keysAndValues.forEach(Tensor::close);
  }
}
