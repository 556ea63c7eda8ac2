package io.rlhf4j.data;

import io.rlhf4j.config.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The usable rows of a file, in its order, and what was skipped. There is always at least one usable row.
 *
 * @param <T> the kind of row
 */
public record DataSet<T extends DataRow>(List<T> rows, SkippedRows skipped) {

  /** @throws InputException if no row is left */
  public DataSet {
    rows = List.copyOf(rows);
    if (rows.isEmpty()) {
      throw skipped.summary().map(summary -> new InputException(summary + "; none is left"))
          .orElseGet(() -> InputException.in(skipped.file(), "has no rows"));
    }
  }

  /**
   * Skips further rows, for example those that turn out too long once they are token ids.
   *
   * @throws InputException if no row is left
   */
  public DataSet<T> skipping(SkipReason reason, Predicate<? super T> unusable) {
    var kept = new ArrayList<T>();
    var lines = new ArrayList<Long>();
    for (T row : rows) {
      if (unusable.test(row)) {
        lines.add(row.line());
      } else {
        kept.add(row);
      }
    }
    return lines.isEmpty() ? this : new DataSet<>(kept, skipped.plus(reason, lines));
  }
}
