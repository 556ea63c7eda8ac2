package io.rlhf4j.data;

import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * Numbers of rows as a list: millions of them without an object for each, on the heap or in files, see
 * {@link RowSpace}. One thread at a time.
 */
public abstract class RowNumbers extends AbstractList<Integer> implements RandomAccess, Spacious {

  private final int size;
  private final RowSpace space;

  RowNumbers(int size, RowSpace space) {
    this.size = size;
    this.space = space;
  }

  /** As {@link #get}, without an object. */
  public abstract int number(int at);

  /** As {@link #set}, without an object. */
  public abstract void put(int at, int number);

  /** @param numbers belong to the list from now on */
  public static RowNumbers of(int... numbers) {
    return new OnHeap(numbers);
  }

  /** The numbers from 0 on, which cannot be changed. */
  public static RowNumbers all(int size, RowSpace space) {
    return range(0, size, space);
  }

  /** The numbers from one on up to another, which is not among them; they cannot be changed. */
  public static RowNumbers range(int from, int to, RowSpace space) {
    return new Range(from, to - from, space);
  }

  /** The first of them, sharing their place. */
  public RowNumbers first(int count) {
    return count == size() ? this : new First(this, count);
  }

  @Override
  public final int size() {
    return size;
  }

  @Override
  public final RowSpace space() {
    return space;
  }

  @Override
  public Integer get(int index) {
    return number(index);
  }

  @Override
  public Integer set(int index, Integer number) {
    int before = number(index);
    put(index, number);
    return before;
  }

  private static final class OnHeap extends RowNumbers {

    private final int[] numbers;

    OnHeap(int[] numbers) {
      super(numbers.length, RowSpace.HEAP);
      this.numbers = numbers;
    }

    @Override
    public int number(int at) {
      return numbers[at];
    }

    @Override
    public void put(int at, int number) {
      numbers[at] = number;
    }
  }

  private static final class Range extends RowNumbers {

    private final int from;

    Range(int from, int size, RowSpace space) {
      super(size, space);
      this.from = from;
    }

    @Override
    public int number(int at) {
      return from + Objects.checkIndex(at, size());
    }

    @Override
    public void put(int at, int number) {
      throw new UnsupportedOperationException("a range of rows");
    }
  }

  private static final class First extends RowNumbers {

    private final RowNumbers all;

    First(RowNumbers all, int count) {
      super(count, all.space());
      this.all = all;
    }

    @Override
    public int number(int at) {
      return all.number(Objects.checkIndex(at, size()));
    }

    @Override
    public void put(int at, int number) {
      all.put(Objects.checkIndex(at, size()), number);
    }
  }
}
