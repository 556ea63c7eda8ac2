package io.rlhf4j.data;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/**
 * Rows for training and rows held out, each in their old order.
 *
 * @param <T> the kind of row
 */
public record Split<T>(List<T> train, List<T> test) {

  public Split {
    train = List.copyOf(train);
    test = List.copyOf(test);
  }

  /**
   * Holds out a part. Rows with the same key stay together, since a prompt seen in training would flatter the test.
   *
   * @param testFraction at least this share of the rows, in [0, 1), is held out; 0 holds out nothing
   * @param seed the same seed holds out the same rows
   * @throws InputException if nothing is left to train on
   */
  public static <T> Split<T> of(List<T> rows, Function<? super T, ?> key, double testFraction, long seed) {
    Map<Object, Integer> sizes = new LinkedHashMap<>();
    rows.forEach(row -> sizes.merge(key.apply(row), 1, Integer::sum));
    List<Object> keys = new ArrayList<>(sizes.keySet());
    Collections.shuffle(keys, new Random(seed));

    Set<Object> held = new HashSet<>();
    long wanted = (long) Math.ceil(testFraction * rows.size());
    long count = 0;
    for (int i = 0; count < wanted; i++) {
      held.add(keys.get(i));
      count += sizes.get(keys.get(i));
    }
    if (count == rows.size()) {
      throw InputException.key("data.test_fraction",
          "is " + testFraction + ", which leaves nothing of " + rows.size() + " rows to train on");
    }
    return new Split<>(rows.stream().filter(row -> !held.contains(key.apply(row))).toList(),
        rows.stream().filter(row -> held.contains(key.apply(row))).toList());
  }
}
