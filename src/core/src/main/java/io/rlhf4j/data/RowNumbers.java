package io.rlhf4j.data;

import java.util.AbstractList;
import java.util.RandomAccess;

/** Numbers of rows as a list, backed by an array: millions of them without an object for each. */
public final class RowNumbers extends AbstractList<Integer> implements RandomAccess {

  private final int[] numbers;

  /** @param numbers belong to the list from now on */
  public RowNumbers(int[] numbers) {
    this.numbers = numbers;
  }

  @Override
  public Integer get(int index) {
    return numbers[index];
  }

  @Override
  public Integer set(int index, Integer number) {
    int before = numbers[index];
    numbers[index] = number;
    return before;
  }

  @Override
  public int size() {
    return numbers.length;
  }
}
