package io.rlhf4j.data;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntToLongFunction;

/** Orders and groups of rows that go by their numbers. The same arguments always give the same ones. */
public final class RowOrder {

  /** Keys that are on the heap at once while rows are grouped, about. */
  private static final int KEYS_AT_ONCE = 1 << 16;

  private RowOrder() {}

  /** The numbers from 0 on as {@link java.util.Collections#shuffle} shuffles them. */
  static RowNumbers shuffled(int size, Random random, RowSpace space) {
    RowNumbers order = copy(RowNumbers.all(size, space));
    for (int i = size; i > 1; i--) {
      int other = random.nextInt(i);
      int number = order.number(other);
      order.put(other, order.number(i - 1));
      order.put(i - 1, number);
    }
    return order;
  }

  private static RowNumbers copy(RowNumbers rows) {
    RowNumbers copy = rows.space().numbers(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      copy.put(i, rows.number(i));
    }
    return copy;
  }

  /**
   * The order of one pass, in which rows of a group stay neighbours in their given order, and the groups are shuffled.
   *
   * @param groups the group of each row, numbered from 0 in the order in which they are first met
   * @return numbers of the rows
   */
  public static RowNumbers shuffledGroups(RowNumbers groups, long seed, int epoch) {
    RowNumbers next = sizes(groups);
    RowNumbers order = shuffled(next.size(), Batches.random(seed, epoch), groups.space());
    int begin = 0;
    for (int i = 0; i < order.size(); i++) {
      int group = order.number(i);
      int size = next.number(group);
      next.put(group, begin);
      begin += size;
    }
    RowNumbers rows = groups.space().numbers(groups.size());
    for (int row = 0; row < groups.size(); row++) {
      int group = groups.number(row);
      int at = next.number(group);
      rows.put(at, row);
      next.put(group, at + 1);
    }
    return rows;
  }

  /** How many rows each group has. */
  static RowNumbers sizes(RowNumbers groups) {
    int last = -1;
    for (int row = 0; row < groups.size(); row++) {
      last = Math.max(last, groups.number(row));
    }
    RowNumbers sizes = groups.space().numbers(last + 1);
    for (int row = 0; row < groups.size(); row++) {
      sizes.put(groups.number(row), sizes.number(groups.number(row)) + 1);
    }
    return sizes;
  }

  /** As {@link Batches#weighted}, for rows that go by their numbers. */
  public static RowNumbers weighted(RowNumbers rows, double weight, long seed) {
    if (weight == 1) {
      return rows;
    }
    int whole = (int) Math.floor(weight);
    int rest = (int) Math.round((weight - whole) * rows.size());
    RowNumbers all = rows.space().numbers(Math.addExact(Math.multiplyExact(whole, rows.size()), rest));
    int at = 0;
    for (int i = 0; i < whole; i++) {
      for (int row = 0; row < rows.size(); row++) {
        all.put(at++, rows.number(row));
      }
    }
    RowNumbers order = shuffled(rows.size(), Batches.random(seed, 0), rows.space());
    for (int i = 0; i < rest; i++) {
      all.put(at++, rows.number(order.number(i)));
    }
    return all;
  }

  /** One list after the other. */
  public static RowNumbers joined(List<RowNumbers> lists, RowSpace space) {
    if (lists.size() == 1) {
      return lists.getFirst();
    }
    RowNumbers all = space.numbers(Math.toIntExact(lists.stream().mapToLong(List::size).sum()));
    int at = 0;
    for (RowNumbers list : lists) {
      for (int i = 0; i < list.size(); i++) {
        all.put(at++, list.number(i));
      }
    }
    return all;
  }

  /**
   * Numbers keys from 0 in the order in which they are first met. Keys whose first bits are the same are looked at
   * together, a bounded number at once.
   *
   * @param keys spread evenly over all 64 bits, as hashes are
   */
  public static RowNumbers groups(IntToLongFunction keys, int size, RowSpace space) {
    int shift = Long.numberOfLeadingZeros(Math.max(1, size / KEYS_AT_ONCE)) - 1;
    RowNumbers rows = space.numbers(size);
    RowWords parted = parted(keys, shift, rows, space);
    RowNumbers groups = space.numbers(size);
    Map<Long, Integer> firsts = new HashMap<>();
    long part = -1;
    // First the row at which each key is first met ...
    for (int i = 0; i < size; i++) {
      int row = rows.number(i);
      long key = parted.get(i);
      if (key >>> shift != part) {
        part = key >>> shift;
        firsts.clear();
      }
      Integer first = firsts.putIfAbsent(key, row);
      groups.put(row, first == null ? row : first);
    }
    // ... then its number, in the order of the rows.
    int known = 0;
    for (int row = 0; row < size; row++) {
      int first = groups.number(row);
      groups.put(row, first == row ? known++ : groups.number(first));
    }
    return groups;
  }

  /**
   * Keys by their first bits, those with the same ones in the order of their rows.
   *
   * @param rows takes the row of each
   */
  private static RowWords parted(IntToLongFunction keys, int shift, RowNumbers rows, RowSpace space) {
    int[] next = new int[(int) (-1L >>> shift) + 2];
    for (int row = 0; row < rows.size(); row++) {
      next[(int) (keys.applyAsLong(row) >>> shift) + 1]++;
    }
    for (int part = 1; part < next.length; part++) {
      next[part] += next[part - 1];
    }
    RowWords parted = space.words(rows.size());
    for (int row = 0; row < rows.size(); row++) {
      long key = keys.applyAsLong(row);
      int at = next[(int) (key >>> shift)]++;
      parted.put(at, key);
      rows.put(at, row);
    }
    return parted;
  }
}
