package io.rlhf4j.launcher.select;

import io.rlhf4j.telemetry.TextTable;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * What was kept, and why the rest was not.
 *
 * @param prompts in the input
 * @param answers in the input
 * @param rows kept
 * @param dropped counts by reason
 * @param meanReward of all answers that have one
 * @param keptReward mean over the kept rows, of a pair its better answer
 * @param buckets kept rows by difficulty of the prompt (easy, middle, hard: thirds of all prompts) and quality of the
 *     answer (quarters of all scored answers, the best is 4)
 */
public record SelectionReport(int prompts, int answers, int rows, Map<Dropped, Integer> dropped, double meanReward,
    double keptReward, Map<String, int[]> buckets) {

  public SelectionReport {
    dropped = new EnumMap<>(dropped);
    buckets = new LinkedHashMap<>(buckets);
  }

  /** For a file: plain numbers, texts and lists. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("prompts", prompts);
    map.put("answers", answers);
    map.put("rows", rows);
    Map<String, Integer> reasons = new LinkedHashMap<>();
    dropped.forEach((reason, count) -> reasons.put(reason.name().toLowerCase(Locale.ROOT), count));
    map.put("dropped", reasons);
    map.put("mean_reward", meanReward);
    map.put("kept_reward", keptReward);
    map.put("rows_by_difficulty_and_quality", buckets);
    return map;
  }

  /** The tables that a command prints. */
  public String toText() {
    TextTable reasons = new TextTable("selection", "count").row("prompts", String.valueOf(prompts))
        .row("answers", String.valueOf(answers));
    dropped.forEach((reason, count) -> reasons.row("dropped: " + reason.text(), String.valueOf(count)));
    reasons.row("rows kept", String.valueOf(rows));
    TextTable table = new TextTable("rows kept", "quality 1", "quality 2", "quality 3", "quality 4");
    buckets.forEach((name, counts) -> table.row(name + " prompts", String.valueOf(counts[0]),
        String.valueOf(counts[1]), String.valueOf(counts[2]), String.valueOf(counts[3])));
    return reasons + "\n" + table
        + String.format(Locale.ROOT, "%nmean reward: %.3f of all answers, %.3f of those kept%n", meanReward,
            keptReward);
  }
}
