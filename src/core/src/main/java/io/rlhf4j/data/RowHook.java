package io.rlhf4j.data;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Code of yours that sees every row of a preference file before its columns are looked for. A recipe names it as
 * {@code data.row_hook}: a public class on the class path with a public constructor without parameters.
 *
 * <pre>{@code
 * public final class LongAnswersOnly implements RowHook {
 *   public Map<String, Object> apply(Map<String, Object> row, long line) {
 *     return row.get("chosen").toString().length() < 20 ? null : row;
 *   }
 * }
 * }</pre>
 *
 * <p>It must give the same row for the same row, or an interrupted run cannot be gone on with. One thread at a time.
 */
@FunctionalInterface
public interface RowHook {

  /**
   * The row to use in place of {@code row}: a JSON object as maps, lists, texts, numbers and booleans.
   *
   * @param row may be changed and returned
   * @param line where the row begins in its file, from 1
   * @return null leaves the row out; it is counted
   */
  @Nullable
  Map<String, @Nullable Object> apply(Map<String, @Nullable Object> row, long line);
}
