package io.rlhf4j.data;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Cuts lists of rows into batches. The same arguments always give the same batches. */
public final class Batches {

  /** Odd, so that neighbouring epochs of neighbouring seeds do not share an order. */
  private static final long EPOCH_STRIDE = 0x9E3779B97F4A7C15L;

  private Batches() {}

  /** The order of one pass over the rows: another for each epoch. */
  public static <T> List<T> shuffled(List<T> rows, long seed, int epoch) {
    var order = new ArrayList<>(rows);
    Collections.shuffle(order, new Random(seed + epoch * EPOCH_STRIDE));
    return List.copyOf(order);
  }

  /** As {@link #shuffled}, but rows with equal keys stay neighbours in their given order; the groups are shuffled. */
  public static <T, K> List<T> shuffledGroups(List<T> rows, Function<? super T, K> key, long seed, int epoch) {
    var groups = new LinkedHashMap<K, List<T>>();
    rows.forEach(row -> groups.computeIfAbsent(key.apply(row), ignored -> new ArrayList<>()).add(row));
    return shuffled(List.copyOf(groups.values()), seed, epoch).stream().flatMap(List::stream).toList();
  }

  /**
   * Rows as often as a weight says: the whole part of it for every row, in the given order, and then as many rows once
   * more as the rest of it asks for, chosen at random.
   *
   * @param weight positive; 1 gives the rows themselves
   */
  public static <T> List<T> weighted(List<T> rows, double weight, long seed) {
    var all = new ArrayList<T>();
    int whole = (int) Math.floor(weight);
    for (int i = 0; i < whole; i++) {
      all.addAll(rows);
    }
    all.addAll(shuffled(rows, seed, 0).subList(0, (int) Math.round((weight - whole) * rows.size())));
    return List.copyOf(all);
  }

  /** Batches of {@code size} rows in the given order; the last one may be smaller. */
  public static <T> List<List<T>> ofCount(List<T> rows, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size is " + size + ", must be at least 1");
    }
    var batches = new ArrayList<List<T>>();
    for (int start = 0; start < rows.size(); start += size) {
      batches.add(List.copyOf(rows.subList(start, Math.min(start + size, rows.size()))));
    }
    return List.copyOf(batches);
  }

  /**
   * Batches in the given order with as many rows as fit into {@code budget} tokens. A row that alone exceeds it stands
   * alone.
   */
  public static <T> List<List<T>> ofTokens(List<T> rows, ToIntFunction<? super T> tokens, int budget) {
    var batches = new ArrayList<List<T>>();
    var open = new ArrayList<T>();
    long used = 0;
    for (T row : rows) {
      int length = tokens.applyAsInt(row);
      if (!open.isEmpty() && used + length > budget) {
        batches.add(List.copyOf(open));
        open.clear();
        used = 0;
      }
      open.add(row);
      used += length;
    }
    if (!open.isEmpty()) {
      batches.add(List.copyOf(open));
    }
    return List.copyOf(batches);
  }
}
