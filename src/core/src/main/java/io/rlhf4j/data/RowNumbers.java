package io.rlhf4j.data;

import java.util.AbstractList;
import java.util.RandomAccess;

/**
 * Numbers of rows as a list: millions of them without an object for each, on the heap or in files, see
 * {@link RowSpace}. One thread at a time.
 */
public abstract class RowNumbers extends AbstractList<Integer> implements RandomAccess, Spacious {

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

    @Override
    public int size() {
      return numbers.length;
    }

    @Override
    public RowSpace space() {
      return RowSpace.HEAP;
    }
  }

  private static final class Range extends RowNumbers {

    private final int from;
    private final int size;
    private final RowSpace space;

    Range(int from, int size, RowSpace space) {
      this.from = from;
      this.size = size;
      this.space = space;
    }

    @Override
    public int number(int at) {
      if (at < 0 || at >= size) {
        throw new IndexOutOfBoundsException(at);
      }
      return from + at;
    }

    @Override
    public void put(int at, int number) {
      throw new UnsupportedOperationException("a range of rows");
    }

    @Override
    public int size() {
      return size;
    }

    @Override
    public RowSpace space() {
      return space;
    }
  }

  private static final class First extends RowNumbers {

    private final RowNumbers all;
    private final int count;

    First(RowNumbers all, int count) {
      this.all = all;
      this.count = count;
    }

    @Override
    public int number(int at) {
      if (at >= count) {
        throw new IndexOutOfBoundsException(at);
      }
      return all.number(at);
    }

    @Override
    public void put(int at, int number) {
      all.put(at, number);
    }

    @Override
    public int size() {
      return count;
    }

    @Override
    public RowSpace space() {
      return all.space();
    }
  }
}
