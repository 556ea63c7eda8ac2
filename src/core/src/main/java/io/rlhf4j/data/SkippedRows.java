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
 * @param lines where the skipped rows begin, by reason and in the order of the file
 */
public record SkippedRows(Path file, long rows, Map<SkipReason, List<Long>> lines) {

  private static final int NAMED_LINES = 3;

  public SkippedRows {
    var copy = new EnumMap<SkipReason, List<Long>>(SkipReason.class);
    lines.forEach((reason, numbers) -> copy.put(reason, List.copyOf(numbers)));
    lines = Collections.unmodifiableMap(copy);
  }

  public long count() {
    return lines.values().stream().mapToLong(List::size).sum();
  }

  /** How many rows were skipped for one reason. */
  public long count(SkipReason reason) {
    return lines.getOrDefault(reason, List.of()).size();
  }

  /** One line that says how many, why and where first; empty if nothing was skipped. */
  public Optional<String> summary() {
    if (count() == 0) {
      return Optional.empty();
    }
    String reasons = lines.entrySet().stream()
        .map(entry -> entry.getValue().size() + " " + entry.getKey().text() + " (" + places(entry.getValue()) + ")")
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

  private static String places(List<Long> lines) {
    String first = lines.stream().limit(NAMED_LINES).map(String::valueOf).collect(Collectors.joining(", "));
    return (lines.size() == 1 ? "line " : "lines ") + first + (lines.size() > NAMED_LINES ? ", ..." : "");
  }
}
