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

/** Pairs of answers to be labelled, and the labels. */
final class Labels {

  private Labels() {}

  /**
   * Two different answers to a prompt.
   *
   * @param prompt with all its answers
   * @param draw uniform in [0, 1), for a judge that errs by chance
   */
  record Drawn(Scored prompt, String first, String second, double draw) {

    /** As a row to be scored. */
    Map<String, Object> unlabelled() {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("prompt", ScoredRows.json(prompt.prompt()));
      if (prompt.label() != null) {
        row.put("label", prompt.label());
      }
      row.put("responses", List.of(first, second));
      return row;
    }

    /**
     * As a person would label it: the task's judge prefers one of the two with the probability that its gold scores say
     * (Bradley and Terry 1952). Training sees the preference, never the score.
     */
    Map<String, Object> labelledBy(Task judge) {
      double difference = judge.gold(prompt.prompt(), first) - judge.gold(prompt.prompt(), second);
      boolean firstIsBetter = draw < 1 / (1 + Math.exp(-difference));
      return row(prompt, firstIsBetter ? first : second, firstIsBetter ? second : first);
    }
  }

  /**
   * At most {@code count} pairs, drawn at random; prompts whose answers are all equal give none.
   *
   * @param perPrompt at most so many of them are about answers to one prompt, no two answers twice
   */
  static List<Drawn> draw(List<Scored> prompts, int count, int perPrompt, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Drawn> drawn = new ArrayList<>();
    for (Scored prompt : prompts) {
      // Every prompt has random numbers of its own, so that one does not change the others.
      SplittableRandom own = random.split();
      List<String> answers = prompt.answers().stream().map(Scored.Answer::text).filter(text -> !text.isBlank())
          .distinct().toList();
      List<Comparison> all = comparisons(answers.size());
      for (int i = 0; i < Math.min(perPrompt, all.size()) && drawn.size() < count; i++) {
        Collections.swap(all, i, i + own.nextInt(all.size() - i));
        drawn.add(new Drawn(prompt, answers.get(all.get(i).first()), answers.get(all.get(i).second()),
            own.nextDouble()));
      }
    }
    return drawn;
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

  /**
   * What became of pairs that were scored.
   *
   * @param rows with prompt, chosen and rejected
   * @param ties pairs whose answers are worth the same
   * @param unscored pairs of which an answer has no score
   */
  record Outcome(List<Map<String, Object>> rows, int ties, int unscored) {}

  /** The answer with the higher score is preferred. */
  static Outcome of(List<Scored> pairs) {
    List<Map<String, Object>> rows = new ArrayList<>();
    int ties = 0;
    int unscored = 0;
    for (Scored pair : pairs) {
      Scored.Answer first = pair.answers().getFirst();
      Scored.Answer second = pair.answers().getLast();
      if (!Double.isFinite(first.reward()) || !Double.isFinite(second.reward())) {
        unscored++;
      } else if (first.reward() == second.reward()) {
        ties++;
      } else {
        boolean firstIsBetter = first.reward() > second.reward();
        rows.add(row(pair, firstIsBetter ? first.text() : second.text(),
            firstIsBetter ? second.text() : first.text()));
      }
    }
    return new Outcome(rows, ties, unscored);
  }

  private static Map<String, Object> row(Scored prompt, String chosen, String rejected) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("prompt", ScoredRows.json(prompt.prompt()));
    row.put("chosen", chosen);
    row.put("rejected", rejected);
    return row;
  }
}
