package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Shard;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.select.BestOf;
import io.rlhf4j.launcher.select.Scored;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.TextTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Measures a model by its answers: reward, the task's gold score, and what taking the best of N is worth.
 *
 * @param recipe seed and sampling
 * @param model model directory
 * @param rewards what scores
 * @param roles who samples and scores
 * @param prompts file of prompts
 * @param task judges, if there is one
 * @param bestOf answers to each prompt; above 1 the curve for N = 1, 2, 4, ... is measured with fresh answers, beside
 *     the estimate from this one set
 */
public record EvalJob(RecipeConfig recipe, Path model, RewardSource rewards, StageRoles roles, Path prompts,
    Optional<Task> task, int bestOf) {

  /** Measures, goes on with what an interrupted measurement left, and returns the report. */
  public String run(Path directory, Consumer<String> news) {
    try {
      Files.createDirectories(directory);
      List<Scored> answers = answers(directory, "answers", bestOf, recipe.seed(), news);
      TextTable summary = new TextTable("evaluation of " + answers.size() + " prompts", "mean");
      Map<String, Object> report = new LinkedHashMap<>();
      report.put("prompts", answers.size());
      add(summary, report, "reward", mean(answers, (prompt, answer) -> answer.reward()));
      task.ifPresent(judge -> {
        add(summary, report, "gold score", mean(answers, (prompt, answer) -> gold(judge, prompt, answer)));
        add(summary, report, "best reachable gold score",
            answers.stream().mapToDouble(prompt -> judge.best(prompt.prompt())).average().orElse(Double.NaN));
      });
      add(summary, report, "characters", mean(answers, (prompt, answer) -> answer.text().length()));
      add(summary, report, "share that ends by itself", mean(answers, (prompt, answer) -> answer.finished() ? 1 : 0));
      String curve = bestOf > 1 ? "\n" + curve(directory, answers, report, news) : "";
      AtomicFiles.writeText(directory.resolve("report.json"), FileOutput.pretty(report));
      return summary + curve;
    } catch (IOException e) {
      throw new UncheckedIOException(directory + " cannot be written", e);
    }
  }

  private List<Scored> answers(Path directory, String name, int samples, long seed, Consumer<String> news) {
    SamplingOptions sampling = recipe.ppo().sampling(0).withSamples(samples, seed);
    Path sampled = directory.resolve(name + ".jsonl");
    new GenerateJob(recipe, model, prompts, sampling, Shard.ALL).run(sampled, false, roles, news);
    Path scored = directory.resolve(name + ".scored.jsonl");
    new ScoreFileJob(rewards, sampled, model).run(scored, roles, news);
    return ScoredRows.read(List.of(scored)).prompts();
  }

  /** Fresh answers for every N: 1 for the best of one, the next 2 for the best of two, and so on. */
  private String curve(Path directory, List<Scored> set, Map<String, Object> report, Consumer<String> news) {
    int fresh = 2 * Integer.highestOneBit(bestOf) - 1;
    List<Scored> measured = answers(directory, "fresh", fresh, recipe.seed() + 1, news);
    TextTable table = new TextTable("best of", "reward measured", "reward estimated", "gold measured",
        "gold estimated");
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int n = 1; n <= bestOf; n *= 2) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("n", n);
      int from = n - 1;
      int count = n;
      row.put("reward_measured", average(measured,
          prompt -> BestOf.measured(rewardsOf(prompt), rewardsOf(prompt), from, from + count)));
      row.put("reward_estimated", average(set, prompt -> BestOf.estimate(rewardsOf(prompt), rewardsOf(prompt), count)));
      if (task.isPresent()) {
        row.put("gold_measured", average(measured,
            prompt -> BestOf.measured(rewardsOf(prompt), golds(prompt), from, from + count)));
        row.put("gold_estimated", average(set, prompt -> BestOf.estimate(rewardsOf(prompt), golds(prompt), count)));
      }
      rows.add(row);
      table.row(String.valueOf(n), text(row.get("reward_measured")), text(row.get("reward_estimated")),
          text(row.get("gold_measured")), text(row.get("gold_estimated")));
    }
    report.put("best_of", rows);
    return table.toString();
  }

  private static double average(List<Scored> prompts, ToDoubleFunction<Scored> value) {
    return prompts.stream().mapToDouble(value).average().orElse(Double.NaN);
  }

  private static double[] rewardsOf(Scored prompt) {
    return prompt.answers().stream().mapToDouble(Scored.Answer::reward).toArray();
  }

  private double[] golds(Scored prompt) {
    return prompt.answers().stream().mapToDouble(answer -> gold(task.orElseThrow(), prompt, answer)).toArray();
  }

  private static double gold(Task judge, Scored prompt, Scored.Answer answer) {
    return judge.gold(prompt.prompt(), answer.text());
  }

  /** A number about an answer. */
  @FunctionalInterface
  private interface Measure {

    double of(Scored prompt, Scored.Answer answer);
  }

  private static double mean(List<Scored> prompts, Measure measure) {
    return prompts.stream().mapToDouble(
        prompt -> prompt.answers().stream().mapToDouble(answer -> measure.of(prompt, answer)).average().orElse(0))
        .average().orElse(Double.NaN);
  }

  private static void add(TextTable table, Map<String, Object> report, String name, double value) {
    table.row(name, text(value));
    report.put(name.replace(' ', '_'), value);
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : String.format(Locale.ROOT, "%.3f", value);
  }
}
