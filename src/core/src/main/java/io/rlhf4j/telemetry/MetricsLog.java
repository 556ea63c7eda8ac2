package io.rlhf4j.telemetry;

import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a run, {@code metrics.jsonl}: one object per step of a stage. Safe for several threads. Where the
 * system says it, each line ends with {@code peak_rss_mb}, the most memory that this process held since the line
 * before, native memory included, in MiB.
 *
 * <pre>{@code {"stage":"sft","step":3,"loss":2.31,"learning_rate":0.001}}</pre>
 */
public final class MetricsLog implements AutoCloseable {

  private final JsonLines lines;
  private final @Nullable TensorBoardLog board;
  private final boolean measures;

  private MetricsLog(JsonLines lines, @Nullable TensorBoardLog board, boolean measures) {
    this.lines = lines;
    this.board = board;
    this.measures = measures;
  }

  public static MetricsLog open(Path file) {
    return new MetricsLog(JsonLines.open(file), null, true);
  }

  /** Leaves out the memory in use, so that the same work done again writes the same bytes. */
  public static MetricsLog repeatable(Path file) {
    return new MetricsLog(JsonLines.open(file), null, false);
  }

  /** Writes the same numbers for TensorBoard as well, into a new event file in {@code tensorBoard}. */
  public static MetricsLog open(Path file, Path tensorBoard) {
    return new MetricsLog(JsonLines.open(file), TensorBoardLog.open(tensorBoard, Clock.systemUTC()), true);
  }

  /**
   * Writes one step.
   *
   * @param stage sft, reward, ppo, ...
   * @param step of the stage, counted from 1
   * @param values by name; NaN and infinity are written as null, with a warning
   */
  public synchronized void log(String stage, long step, Map<String, ? extends Number> values) {
    var object = new LinkedHashMap<String, Object>();
    object.put("stage", stage);
    object.put("step", step);
    values.forEach((name, value) -> {
      if (object.put(name, value) != null) {
        throw new IllegalArgumentException("a metric cannot be called " + name);
      }
    });
    if (measures) {
      PeakMemory.bytes().ifPresent(bytes -> object.put("peak_rss_mb", bytes >> 20));
      PeakMemory.restart();
    }
    lines.append(object);
    if (board != null) {
      board.scalars(stage, step, values);
    }
  }

  /**
   * Forgets what stages wrote after a step, for a run that goes on from a checkpoint.
   *
   * @param stages names as {@link #log} was given them
   * @param step the last one that stays
   */
  public void rewind(Set<String> stages, long step) {
    lines.keepOnly(object -> !stages.contains(object.path("stage").asText()) || object.path("step").asLong() <= step);
  }

  /** See {@link JsonLines#mark}. */
  public long mark() {
    return lines.mark();
  }

  /** See {@link JsonLines#rewind}. */
  public void rewind(long bytes) {
    lines.rewind(bytes);
  }

  @Override
  public void close() {
    lines.close();
    if (board != null) {
      board.close();
    }
  }
}
