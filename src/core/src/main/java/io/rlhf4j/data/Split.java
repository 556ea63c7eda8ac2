package io.rlhf4j.data;

import io.rlhf4j.config.InputException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

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
  public static Split<Integer> ofGroups(int[] groups, double testFraction, long seed) {
    int[] sizes = new int[Arrays.stream(groups).max().orElse(-1) + 1];
    for (int group : groups) {
      sizes[group]++;
    }
    int[] order = IntStream.range(0, sizes.length).toArray();
    Collections.shuffle(new RowNumbers(order), new Random(seed));
    BitSet held = new BitSet(sizes.length);
    long wanted = (long) Math.ceil(testFraction * groups.length);
    long count = 0;
    for (int i = 0; count < wanted; i++) {
      held.set(order[i]);
      count += sizes[order[i]];
    }
    if (count == groups.length) {
      throw InputException.key("data.test_fraction",
          "is " + testFraction + ", which leaves nothing of " + groups.length + " rows to train on");
    }
    return new Split<>(numbers(groups, group -> !held.get(group)), numbers(groups, held::get));
  }

  private static List<Integer> numbers(int[] groups, IntPredicate wanted) {
    return new RowNumbers(IntStream.range(0, groups.length).filter(row -> wanted.test(groups[row])).toArray());
  }
}
