package io.rlhf4j.data;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
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
    Collections.shuffle(order, new Random(seed + epoch * EPOCH_STRIDE));
    return List.copyOf(order);
  }

  /**
   * One pass over the rows in the order of {@link #shuffled}, as {@link #ofCount} cuts it; the rows of a batch are read
   * when it is asked for.
   *
   * @param rows quick to reach by their numbers
   */
  public static <T> List<List<T>> pass(List<T> rows, long seed, int epoch, int size) {
    int[] order = IntStream.range(0, rows.size()).toArray();
    Collections.shuffle(new RowNumbers(order), new Random(seed + epoch * EPOCH_STRIDE));
    return pass(rows, order, size);
  }

  /** As {@link #pass}, in the order of the rows. */
  public static <T> List<List<T>> inOrder(List<T> rows, int size) {
    return pass(rows, IntStream.range(0, rows.size()).toArray(), size);
  }

  private static <T> List<List<T>> pass(List<T> rows, int[] order, int size) {
    if (size < 1) {
      throw new IllegalArgumentException("batch size is " + size + ", must be at least 1");
    }
    class Pass extends AbstractList<List<T>> implements RandomAccess {
      @Override
      public List<T> get(int batch) {
        int from = Math.multiplyExact(batch, size);
        return Arrays.stream(order, from, Math.min(from + size, order.length)).mapToObj(rows::get).toList();
      }

      @Override
      public int size() {
        return Math.ceilDiv(order.length, size);
      }
    }
    return new Pass();
  }

  /** The rows that are wanted, each read when it is asked for; all are read once to find out. */
  public static <T> List<T> where(List<T> rows, Predicate<? super T> wanted) {
    int[] numbers = IntStream.range(0, rows.size()).filter(row -> wanted.test(rows.get(row))).toArray();
    if (numbers.length == rows.size()) {
      return rows;
    }
    class Wanted extends AbstractList<T> implements RandomAccess {
      @Override
      public T get(int at) {
        return rows.get(numbers[at]);
      }

      @Override
      public int size() {
        return numbers.length;
      }
    }
    return new Wanted();
  }

  /**
   * As {@link #shuffled}, for rows that go by their numbers; rows of a group stay neighbours in their given order, and
   * the groups are shuffled.
   *
   * @param groups the group of each row, numbered from 0 in the order in which they are first met
   * @return numbers of the rows
   */
  public static int[] shuffledGroups(int[] groups, long seed, int epoch) {
    int count = Arrays.stream(groups).max().orElse(-1) + 1;
    int[] next = new int[count];
    for (int group : groups) {
      next[group]++;
    }
    int[] order = IntStream.range(0, count).toArray();
    Collections.shuffle(new RowNumbers(order), new Random(seed + epoch * EPOCH_STRIDE));
    int begin = 0;
    for (int group : order) {
      int size = next[group];
      next[group] = begin;
      begin += size;
    }
    int[] rows = new int[groups.length];
    for (int row = 0; row < groups.length; row++) {
      rows[next[groups[row]]++] = row;
    }
    return rows;
  }

  /** As the other, for rows themselves. */
  public static <T, K> List<T> shuffledGroups(List<T> rows, Function<? super T, K> key, long seed, int epoch) {
    return Arrays.stream(shuffledGroups(groups(rows, key), seed, epoch)).mapToObj(rows::get).toList();
  }

  /** Numbers the keys of rows from 0 in the order in which they are first met. */
  public static <T, K> int[] groups(List<T> rows, Function<? super T, K> key) {
    Map<K, Integer> numbers = new HashMap<>();
    int[] groups = new int[rows.size()];
    for (int row = 0; row < groups.length; row++) {
      K group = key.apply(rows.get(row));
      numbers.putIfAbsent(group, numbers.size());
      groups[row] = numbers.get(group);
    }
    return groups;
  }

  /** Numbers keys from 0 in the order in which they are first met. */
  public static int[] groups(long[] keys) {
    long[] distinct = Arrays.stream(keys).sorted().distinct().toArray();
    int[] numbers = new int[distinct.length];
    Arrays.fill(numbers, -1);
    int[] groups = new int[keys.length];
    int known = 0;
    for (int row = 0; row < keys.length; row++) {
      int rank = Arrays.binarySearch(distinct, keys[row]);
      if (numbers[rank] < 0) {
        numbers[rank] = known++;
      }
      groups[row] = numbers[rank];
    }
    return groups;
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
