package io.rlhf4j.data;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.RandomAccess;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;

/** Cuts lists of rows into batches. The same arguments always give the same batches. */
public final class Batches {

  /** Odd, so that neighbouring epochs of neighbouring seeds do not share an order. */
  private static final long EPOCH_STRIDE = 0x9E3779B97F4A7C15L;

  private Batches() {}

  /** The order of one pass over the rows: another for each epoch. */
  public static <T> List<T> shuffled(List<T> rows, long seed, int epoch) {
    var order = new ArrayList<>(rows);
    Collections.shuffle(order, random(seed, epoch));
    return List.copyOf(order);
  }

  static Random random(long seed, int epoch) {
    return new Random(seed + epoch * EPOCH_STRIDE);
  }

  /**
   * One pass over the rows in the order of {@link #shuffled}, as {@link #ofCount} cuts it; the rows of a batch are read
   * when it is asked for.
   *
   * @param rows quick to reach by their numbers
   */
  public static <T> List<List<T>> pass(List<T> rows, long seed, int epoch, int size) {
    return pass(rows, RowOrder.shuffled(rows.size(), random(seed, epoch), RowSpace.of(rows)), size);
  }

  /** As {@link #pass}, in the order of the rows. */
  public static <T> List<List<T>> inOrder(List<T> rows, int size) {
    return pass(rows, RowNumbers.all(rows.size(), RowSpace.of(rows)), size);
  }

  private static <T> List<List<T>> pass(List<T> rows, RowNumbers order, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size is " + size + ", must be at least 1");
    }
    class Pass extends AbstractList<List<T>> implements RandomAccess {
      @Override
      public List<T> get(int batch) {
        int from = Math.multiplyExact(batch, size);
        return IntStream.range(from, from + Math.min(size, order.size() - from))
            .mapToObj(at -> rows.get(order.number(at))).toList();
      }

      @Override
      public int size() {
        return Math.ceilDiv(order.size(), size);
      }
    }
    return new Pass();
  }

  /** What is made of rows, anew whenever it is asked for. */
  public static <T, V> List<V> views(List<T> rows, Function<? super T, V> view) {
    class Views extends AbstractList<V> implements RandomAccess, Spacious {
      @Override
      public V get(int at) {
        return view.apply(rows.get(at));
      }

      @Override
      public int size() {
        return rows.size();
      }

      @Override
      public RowSpace space() {
        return RowSpace.of(rows);
      }
    }
    return new Views();
  }

  /** The rows that are wanted, each read when it is asked for; all are read once to find out. */
  public static <T> List<T> where(List<T> rows, Predicate<? super T> wanted) {
    RowSpace space = RowSpace.of(rows);
    RowNumbers numbers = space.numbers(rows.size());
    int found = 0;
    for (int row = 0; row < rows.size(); row++) {
      if (wanted.test(rows.get(row))) {
        numbers.put(found++, row);
      }
    }
    if (found == rows.size()) {
      return rows;
    }
    RowNumbers chosen = numbers.first(found);
    class Wanted extends AbstractList<T> implements RandomAccess, Spacious {
      @Override
      public T get(int at) {
        return rows.get(chosen.number(at));
      }

      @Override
      public int size() {
        return chosen.size();
      }

      @Override
      public RowSpace space() {
        return space;
      }
    }
    return new Wanted();
  }

  /** As {@link RowOrder#shuffledGroups}, for rows themselves. */
  public static <T, K> List<T> shuffledGroups(List<T> rows, Function<? super T, K> key, long seed, int epoch) {
    return RowOrder.shuffledGroups(groups(rows, key), seed, epoch).stream().map(rows::get).toList();
  }

  /** Numbers the keys of rows from 0 in the order in which they are first met. */
  public static <T, K> RowNumbers groups(List<T> rows, Function<? super T, K> key) {
    Map<K, Integer> numbers = new HashMap<>();
    int[] groups = new int[rows.size()];
    for (int row = 0; row < groups.length; row++) {
      K group = key.apply(rows.get(row));
      numbers.putIfAbsent(group, numbers.size());
      groups[row] = numbers.get(group);
    }
    return RowNumbers.of(groups);
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

  /** The first rows that have together at least so many tokens, at least one; all if there are not as many. */
  public static <T> List<T> firstOfTokens(List<T> rows, ToIntFunction<? super T> tokens, int atLeast) {
    long sum = 0;
    int count = 0;
    while (count < rows.size() && (count == 0 || sum < atLeast)) {
      sum += tokens.applyAsInt(rows.get(count++));
    }
    return List.copyOf(rows.subList(0, count));
  }

  /**
   * Batches in the given order with as many rows as fit into {@code budget} tokens. A row that alone exceeds it stands
   * alone.
   */
  public static <T> List<List<T>> ofTokens(List<T> rows, ToIntFunction<? super T> tokens, int budget) {
    var batches = new ArrayList<List<T>>();
    eachOfTokens(rows, tokens, budget, batches::add);
    return List.copyOf(batches);
  }

  /** As {@link #ofTokens}, one batch after the other, of rows that need not all be in memory. */
  public static <T> void eachOfTokens(List<T> rows, ToIntFunction<? super T> tokens, int budget,
      Consumer<List<T>> batches) {
    var open = new ArrayList<T>();
    long used = 0;
    for (T row : rows) {
      int length = tokens.applyAsInt(row);
      if (!open.isEmpty() && used + length > budget) {
        batches.accept(List.copyOf(open));
        open.clear();
        used = 0;
      }
      open.add(row);
      used += length;
    }
    if (!open.isEmpty()) {
      batches.accept(List.copyOf(open));
    }
  }
}
