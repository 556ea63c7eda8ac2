package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.FlywheelConfig.KeepBy;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.select.Scored;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.launcher.stage.ScoreFileJob;
import io.rlhf4j.launcher.stage.ScoredRows;
import io.rlhf4j.launcher.stage.StageRoles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Answers of a round beside older ones to the same prompts. Gold scores are subtracted; else rewards see both answers
 * of a prompt together, so that those which only compare can say which is better, and a judge sees them in both orders.
 *
 * @param plan who decides
 * @param roles who scores
 */
record Contest(RewardPlan plan, StageRoles roles, Consumer<String> news) {

  /**
   * For each prompt by how much the newer answer is better; NaN where an answer has no score. Unless gold scores
   * decide, the files {@code NAME.jsonl}, with both answers, and {@code NAME.scored.jsonl} stay beside the newer
   * answers.
   *
   * @param prompts in the order of the answers
   * @param newer rows as {@link RoundEvaluation} writes them
   * @param older likewise
   * @param reward the round's reward model, if one is trained
   * @param model a model directory with the tokenizer of the answers
   */
  double[] differences(String name, List<PromptRow> prompts, Path newer, Path older, Optional<Path> reward,
      Path model) {
    Evaluation now = RoundEvaluation.read(newer);
    Evaluation before = RoundEvaluation.read(older);
    double[] differences = new double[prompts.size()];
    if (plan.keepBy() == KeepBy.GOLD) {
      for (int i = 0; i < differences.length; i++) {
        differences[i] =
            now.answers().get(i).gold().orElseThrow() - before.answers().get(i).gold().orElseThrow();
      }
      return differences;
    }
    Path both = newer.resolveSibling(name + ".jsonl");
    Provenance provenance = Provenance.of("contest", Version.number(), plan.recipe().seed(), Map.of(),
        Map.of("newer answers", newer, "older answers", older));
    FileOutput.write(both, provenance, false, () -> {
      List<Map<String, Object>> rows = new ArrayList<>();
      for (int i = 0; i < prompts.size(); i++) {
        Map<String, Object> row = new LinkedHashMap<>(ScoredRows.json(prompts.get(i)));
        row.put("responses", List.of(now.answers().get(i).text(), before.answers().get(i).text()));
        rows.add(row);
      }
      return FileOutput.lines(rows);
    });
    Path scored = newer.resolveSibling(name + ".scored.jsonl");
    new ScoreFileJob(plan.decides(reward), both, model).run(scored, roles, news);
    List<Scored> pairs = ScoredRows.read(List.of(scored)).prompts();
    for (int i = 0; i < differences.length; i++) {
      List<Scored.Answer> answers = pairs.get(i).answers();
      differences[i] = answers.getFirst().reward() - answers.getLast().reward();
    }
    return differences;
  }
}
