package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.select.Scored;
import io.rlhf4j.launcher.stage.ScoredRows;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Preferences as a person would give them: two answers to a prompt, drawn at random, of which the task's judge prefers
 * one with the probability that its gold scores say (Bradley and Terry 1952). Training sees the preference, never the
 * score.
 */
final class Labels {

  private Labels() {}

  /**
   * At most {@code count} rows with prompt, chosen and rejected; prompts whose answers are all equal give none.
   *
   * @param perPrompt at most so many of them are about answers to one prompt, no two answers twice
   */
  static List<Map<String, Object>> of(List<Scored> prompts, int count, int perPrompt, Task judge, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Scored prompt : prompts) {
      // Every prompt has random numbers of its own, so that one does not change the others.
      SplittableRandom own = random.split();
      List<String> answers = prompt.answers().stream().map(Scored.Answer::text).filter(text -> !text.isBlank())
          .distinct().toList();
      List<Comparison> all = comparisons(answers.size());
      for (int i = 0; i < Math.min(perPrompt, all.size()) && rows.size() < count; i++) {
        Collections.swap(all, i, i + own.nextInt(all.size() - i));
        rows.add(row(prompt, answers.get(all.get(i).first()), answers.get(all.get(i).second()), judge,
            own.nextDouble()));
      }
    }
    return rows;
  }

  /** Two answers by their places. */
  private record Comparison(int first, int second) {}

  private static List<Comparison> comparisons(int answers) {
    List<Comparison> all = new ArrayList<>();
    for (int i = 0; i < answers; i++) {
      for (int j = i + 1; j < answers; j++) {
        all.add(new Comparison(i, j));
      }
    }
    return all;
  }

  private static Map<String, Object> row(Scored prompt, String first, String second, Task judge, double draw) {
    double difference = judge.gold(prompt.prompt(), first) - judge.gold(prompt.prompt(), second);
    boolean firstIsBetter = draw < 1 / (1 + Math.exp(-difference));
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("prompt", ScoredRows.json(prompt.prompt()));
    row.put("chosen", firstIsBetter ? first : second);
    row.put("rejected", firstIsBetter ? second : first);
    return row;
  }
}
