package io.rlhf4j.data;

import io.rlhf4j.config.InputException;

/**
 * Which part of a file a job takes: every {@code count}-th usable row, the first of them being row {@code number}.
 *
 * @param number from 1
 * @param count of shards
 */
public record Shard(int number, int count) {

  /** The whole file. */
  public static final Shard ALL = new Shard(1, 1);

  public Shard {
    if (number < 1 || count < number) {
      throw InputException.key("--shard", "is " + number + "/" + count + ", must be I/N with I from 1 to N");
    }
  }

  /** {@code "2/4"}. */
  public static Shard parse(String text) {
    if (!text.matches("\\d{1,6}/\\d{1,6}")) {
      throw InputException.key("--shard", "is '" + text + "', must be I/N with I from 1 to N, for example 2/4");
    }
    String[] parts = text.split("/");
    return new Shard(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  /** @param index of a row or of a window of rows, from 0 */
  public boolean takes(long index) {
    return index % count == number - 1;
  }
}
