package io.rlhf4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Splits a batch into parts that fit a token budget. */
public final class MicroBatches {

  private MicroBatches() {}

  /**
   * Cuts {@code items} into consecutive parts of at most {@code maxTokens} tokens each; an item that is longer on its own
   * becomes a part of its own. The cut depends on the items alone, so that the same batch is always computed alike.
   */
  public static <T> List<List<T>> split(List<T> items, ToIntFunction<T> tokens, int maxTokens) {
    List<List<T>> parts = new ArrayList<>();
    List<T> part = new ArrayList<>();
    long filled = 0;
    for (T item : items) {
      int length = tokens.applyAsInt(item);
      if (!part.isEmpty() && filled + length > maxTokens) {
        parts.add(part);
        part = new ArrayList<>();
        filled = 0;
      }
      part.add(item);
      filled += length;
    }
    if (!part.isEmpty()) {
      parts.add(part);
    }
    return parts;
  }

  /** Cuts {@code items} into consecutive parts of {@code size} items; the last may be smaller. */
  public static <T> List<List<T>> ofSize(List<T> items, int size) {
    List<List<T>> parts = new ArrayList<>();
    for (int start = 0; start < items.size(); start += size) {
      parts.add(items.subList(start, Math.min(items.size(), start + size)));
    }
    return parts;
  }
}
