package io.rlhf4j.data;

import io.rlhf4j.config.InputException;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/**
 * Rows for training and rows held out, each in their old order.
 *
 * @param <T> the kind of row
 */
public record Split<T>(List<T> train, List<T> test) {

  public Split {
    train = train instanceof RowNumbers ? train : List.copyOf(train);
    test = test instanceof RowNumbers ? test : List.copyOf(test);
  }

  /**
   * Holds out a part. Rows with the same key stay together, since a prompt seen in training would flatter the test.
   *
   * @param testFraction at least this share of the rows, in [0, 1), is held out; 0 holds out nothing
   * @param seed the same seed holds out the same rows
   * @throws InputException if nothing is left to train on
   */
  public static <T> Split<T> of(List<T> rows, Function<? super T, ?> key, double testFraction, long seed) {
    Split<Integer> split = ofGroups(Batches.groups(rows, key), testFraction, seed);
    return new Split<>(split.train().stream().map(rows::get).toList(), split.test().stream().map(rows::get).toList());
  }

  /**
   * As the other, for rows that go by their numbers.
   *
   * @param groups the group of each row, numbered from 0 in the order in which they are first met
   */
  public static Split<Integer> ofGroups(RowNumbers groups, double testFraction, long seed) {
    RowNumbers sizes = RowOrder.sizes(groups);
    RowNumbers order = RowOrder.shuffled(sizes.size(), new Random(seed), groups.space());
    long wanted = (long) Math.ceil(testFraction * groups.size());
    int count = 0;
    for (int i = 0; count < wanted; i++) {
      count += sizes.number(order.number(i));
      // A group of no rows is one that is held out.
      sizes.put(order.number(i), 0);
    }
    if (count == groups.size()) {
      throw InputException.key("data.test_fraction",
          "is " + testFraction + ", which leaves nothing of " + groups.size() + " rows to train on");
    }
    return new Split<>(numbers(groups, sizes, false, groups.size() - count), numbers(groups, sizes, true, count));
  }

  private static List<Integer> numbers(RowNumbers groups, RowNumbers sizes, boolean held, int count) {
    RowNumbers numbers = groups.space().numbers(count);
    int at = 0;
    for (int row = 0; row < groups.size(); row++) {
      if ((sizes.number(groups.number(row)) == 0) == held) {
        numbers.put(at++, row);
      }
    }
    return numbers;
  }
}
