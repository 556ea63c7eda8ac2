package io.rlhf4j.reward.process;

import io.rlhf4j.model.PackedBatch;
import java.util.ArrayList;
import java.util.List;

/**
 * An answer's tokens.
 *
 * @param tokens prompt and steps
 * @param promptLength tokens of the prompt
 * @param ends position of the token at which each step is read
 * @param cut whether steps were left out
 */
public record Steps(int[] tokens, int promptLength, int[] ends, boolean cut) {

  /** Rows of a packed batch of these answers at which their steps are read, {@code [steps of all]}. */
  public static long[] rows(PackedBatch batch, List<Steps> answers) {
    List<Long> rows = new ArrayList<>();
    for (int s = 0; s < answers.size(); s++) {
      for (int end : answers.get(s).ends()) {
        rows.add((long) batch.row(s, end));
      }
    }
    return rows.stream().mapToLong(Long::longValue).toArray();
  }
}
