package io.rlhf4j.launcher.quickstart;

import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.quickstart.BradleyTerry.GoldPair;
import io.rlhf4j.launcher.quickstart.TaskRow.Conversation;
import io.rlhf4j.launcher.quickstart.TaskRow.Preference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * What generated data can teach at best.
 *
 * @param sftGold mean gold score of the replies to imitate
 * @param sftBest mean of the best reachable gold score on the same prompts
 * @param sftPerfect share of the replies to imitate that reach the best
 * @param bayesAccuracy highest expected accuracy of any reward model on the test pairs
 * @param goldAccuracy accuracy of the gold score itself on the test pairs
 */
public record TaskStatistics(double sftGold, double sftBest, double sftPerfect, double bayesAccuracy,
    double goldAccuracy) {

  /**
   * Reads generated files back.
   *
   * @throws InputException if a file is missing or is not of this task
   */
  public static TaskStatistics of(Task task, Path directory) {
    List<Conversation> sft = read(TaskFile.SFT.in(directory), Conversation.class);
    List<GoldPair> pairs = read(TaskFile.PREFERENCE_TEST.in(directory), Preference.class).stream()
        .map(row -> new GoldPair(task.gold(row.prompt(), row.chosen()), task.gold(row.prompt(), row.rejected())))
        .toList();
    ToDoubleFunction<Conversation> gold =
        row -> task.gold(row.messages().subList(0, 1), row.messages().getLast().content());
    ToDoubleFunction<Conversation> best = row -> task.best(row.messages().subList(0, 1));
    return new TaskStatistics(mean(sft, gold), mean(sft, best),
        mean(sft, row -> gold.applyAsDouble(row) == best.applyAsDouble(row) ? 1.0 : 0.0),
        BradleyTerry.bayesAccuracy(pairs), BradleyTerry.goldAccuracy(pairs));
  }

  /** For people. */
  public String toText() {
    return String.format(Locale.ROOT, """
        gold score of the replies to imitate   %.2f of %.2f (%.1f %% are perfect)
        best reachable reward model accuracy   %.3f (the gold score itself: %.3f)
        """, sftGold, sftBest, 100.0 * sftPerfect, bayesAccuracy, goldAccuracy);
  }

  private static double mean(List<Conversation> rows, ToDoubleFunction<Conversation> value) {
    return rows.stream().mapToDouble(value).average().orElseThrow();
  }

  private static <T> List<T> read(Path file, Class<T> type) {
    List<T> rows = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        rows.add(TaskRow.MAPPER.readValue(line, type));
      }
    } catch (IOException e) {
      throw InputException.in(file, "cannot read generated data: " + e.getMessage());
    }
    return rows;
  }
}
