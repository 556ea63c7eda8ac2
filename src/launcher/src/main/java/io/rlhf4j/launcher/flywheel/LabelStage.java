package io.rlhf4j.launcher.flywheel;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.FlywheelConfig;
import io.rlhf4j.config.FlywheelConfig.LabelBy;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.launcher.stage.ScoreFileJob;
import io.rlhf4j.launcher.stage.ScoredRows;
import io.rlhf4j.launcher.stage.StageRoles;
import io.rlhf4j.reward.score.ScoreJob;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Labels pairs of a round's answers, for its reward model.
 *
 * <pre>
 * labels.jsonl               pairs with a winner: prompt, chosen, rejected
 * unlabelled.jsonl           unless the task's judge labels: the pairs, prompt and two responses
 * compared.jsonl             likewise: the same with the rewards of both
 * labels.jsonl.report.json   likewise: how many pairs had a winner, and what judges did
 * </pre>
 *
 * @param plan who labels
 * @param task whose judge may be that
 * @param roles who scores
 */
record LabelStage(RewardPlan plan, Optional<Task> task, StageRoles roles, Consumer<String> news) {

  /**
   * Writes {@code labels.jsonl} unless it is there.
   *
   * @param responses the round's answers
   * @param model a model directory with their tokenizer
   * @throws InputException if no pair has a winner; the labels are not written then
   */
  Path run(Path here, Path responses, Path model, long seed) {
    Path labels = here.resolve("labels.jsonl");
    RecipeConfig recipe = plan.recipe();
    FlywheelConfig config = recipe.flywheel();
    if (plan.labelBy() == LabelBy.GOLD) {
      Provenance provenance = Provenance.of("label", Version.number(), recipe.seed(),
          settings(config, String.valueOf(recipe.task())), Map.of("answers", responses));
      FileOutput.write(labels, provenance, false, () -> FileOutput
          .lines(draw(config, responses, seed).stream().map(pair -> pair.labelledBy(task.orElseThrow())).toList()));
      return labels;
    }
    Path unlabelled = here.resolve("unlabelled.jsonl");
    FileOutput.write(unlabelled,
        Provenance.of("pairs to label", Version.number(), recipe.seed(), settings(config, "none"),
            Map.of("answers", responses)),
        false, () -> FileOutput.lines(draw(config, responses, seed).stream().map(Labels.Drawn::unlabelled).toList()));
    Path compared = here.resolve("compared.jsonl");
    new ScoreFileJob(plan.labels(), unlabelled, model).run(compared, roles, news);
    FileOutput.write(labels,
        Provenance.of("label", Version.number(), recipe.seed(), Map.of(), Map.of("compared pairs", compared)), false,
        () -> labelled(compared, labels));
    return labels;
  }

  private static Map<String, String> settings(FlywheelConfig config, String judge) {
    return Map.of("count", String.valueOf(config.labelsPerRound()), "per prompt",
        String.valueOf(config.labelsPerPrompt()), "judge", judge);
  }

  private static List<Labels.Drawn> draw(FlywheelConfig config, Path responses, long seed) {
    List<Labels.Drawn> drawn = Labels.draw(ScoredRows.withoutRewards(responses), config.labelsPerRound(),
        config.labelsPerPrompt(), seed);
    if (drawn.isEmpty()) {
      throw new InputException(responses + ": no prompt has two different answers to label");
    }
    return drawn;
  }

  private String labelled(Path compared, Path labels) {
    Labels.Outcome outcome = Labels.of(ScoredRows.read(List.of(compared)).prompts());
    int asked = outcome.rows().size() + outcome.ties() + outcome.unscored();
    String summary = "label: " + outcome.rows().size() + " of " + asked + " pairs have a winner, " + outcome.ties()
        + " are tied, " + outcome.unscored() + " have no score";
    if (outcome.rows().isEmpty()) {
      throw new InputException(compared + ": no pair has a winner: " + outcome.ties() + " are tied, "
          + outcome.unscored() + " have no score; no label was written");
    }
    Map<String, Object> report = new LinkedHashMap<>();
    report.put("pairs", asked);
    report.put("labels", outcome.rows().size());
    report.put("ties", outcome.ties());
    report.put("unscored", outcome.unscored());
    report.put("counts", counts(compared));
    FileOutput.writeText(labels.resolveSibling(labels.getFileName() + ".report.json"), FileOutput.pretty(report));
    news.accept(summary);
    return FileOutput.lines(outcome.rows());
  }

  /** What the rewards counted over all windows of a scored file. */
  static Map<String, Long> counts(Path scored) {
    Map<String, Long> counts = new TreeMap<>();
    try {
      for (String line : Files.readAllLines(scored)) {
        for (Map.Entry<String, JsonNode> count : FileOutput.JSON.readTree(line).path(ScoreJob.COUNTS).properties()) {
          counts.merge(count.getKey(), count.getValue().asLong(), Long::sum);
        }
      }
      return counts;
    } catch (IOException e) {
      throw new InputException(scored + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }
}
