package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.select.Scored;
import io.rlhf4j.launcher.stage.ScoredRows;
import java.util.ArrayList;
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

  /** At most {@code count} rows with prompt, chosen and rejected; prompts whose answers are all equal give none. */
  static List<Map<String, Object>> of(List<Scored> prompts, int count, Task judge, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Scored prompt : prompts) {
      // Every prompt draws the same number of times, so that one does not change the others.
      SplittableRandom own = random.split();
      List<String> answers = prompt.answers().stream().map(Scored.Answer::text).filter(text -> !text.isBlank())
          .distinct().toList();
      if (rows.size() < count && answers.size() > 1) {
        int first = own.nextInt(answers.size());
        int second = (first + 1 + own.nextInt(answers.size() - 1)) % answers.size();
        rows.add(row(prompt, answers.get(first), answers.get(second), judge, own.nextDouble()));
      }
    }
    return rows;
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
