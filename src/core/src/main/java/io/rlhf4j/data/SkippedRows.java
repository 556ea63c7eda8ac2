package io.rlhf4j.data;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Rows of one file that could not be used.
 *
 * @param file they come from
 * @param rows how many rows the file has, usable ones included
 * @param lines where the skipped rows begin, by reason and in the order of the file; of a file that is streamed the
 *     first few
 * @param counts how many there are, by reason
 */
public record SkippedRows(Path file, long rows, Map<SkipReason, List<Long>> lines, Map<SkipReason, Long> counts) {

  private static final int NAMED_LINES = 3;

  public SkippedRows {
    var copy = new EnumMap<SkipReason, List<Long>>(SkipReason.class);
    lines.forEach((reason, numbers) -> copy.put(reason, List.copyOf(numbers)));
    lines = Collections.unmodifiableMap(copy);
    counts = Map.copyOf(counts);
  }

  /** All lines are known. */
  public SkippedRows(Path file, long rows, Map<SkipReason, List<Long>> lines) {
    this(file, rows, lines, lines.entrySet().stream()
        .collect(Collectors.toMap(Map.Entry::getKey, entry -> (long) entry.getValue().size())));
  }

  public long count() {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many rows were skipped for one reason. */
  public long count(SkipReason reason) {
    return counts.getOrDefault(reason, 0L);
  }

  /** Counts the rows of a file that is streamed, and remembers the first lines of each reason only. */
  static final class Counter {

    private final Map<SkipReason, List<Long>> first = new EnumMap<>(SkipReason.class);
    private final Map<SkipReason, Long> counts = new EnumMap<>(SkipReason.class);
    private final int remembered;

    /** @param all whether every line is remembered */
    Counter(boolean all) {
      remembered = all ? Integer.MAX_VALUE : NAMED_LINES;
    }

    void add(long line, SkipReason reason) {
      counts.merge(reason, 1L, Long::sum);
      List<Long> lines = first.computeIfAbsent(reason, any -> new ArrayList<>());
      if (lines.size() < remembered) {
        lines.add(line);
      }
    }

    SkippedRows of(Path file, long rows) {
      return new SkippedRows(file, rows, first, counts);
    }
  }

  /** One line that says how many, why and where first; empty if nothing was skipped. */
  public Optional<String> summary() {
    if (count() == 0) {
      return Optional.empty();
    }
    String reasons = lines.entrySet().stream()
        .map(entry -> count(entry.getKey()) + " " + entry.getKey().text() + " ("
            + places(entry.getValue(), count(entry.getKey())) + ")")
        .collect(Collectors.joining(", "));
    return Optional.of(file + ": skipped " + count() + " of " + rows + " rows: " + reasons);
  }

  SkippedRows plus(SkipReason reason, List<Long> more) {
    var merged = new EnumMap<SkipReason, List<Long>>(SkipReason.class);
    merged.putAll(lines);
    merged.merge(reason, more, (before, after) -> {
      var all = new ArrayList<>(before);
      all.addAll(after);
      return all;
    });
    return new SkippedRows(file, rows, merged);
  }

  private static String places(List<Long> lines, long count) {
    String first = lines.stream().limit(NAMED_LINES).map(String::valueOf).collect(Collectors.joining(", "));
    return (count == 1 ? "line " : "lines ") + first + (count > NAMED_LINES ? ", ..." : "");
  }
}
