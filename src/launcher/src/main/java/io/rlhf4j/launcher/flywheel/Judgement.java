package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.FlywheelConfig;
import io.rlhf4j.config.FlywheelConfig.KeepBy;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.stage.Provenance;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a round's model is worth: answers to the validation prompts decide whether the round is kept, answers to the
 * test prompts are only reported.
 *
 * @param recipe sampling, seed and rule
 * @param root directory of the flywheel
 * @param inputs files of prompts
 * @param split holds the validation prompts
 * @param task judges, if there is one
 */
record Judgement(RecipeConfig recipe, Path root, FlywheelInputs inputs, PromptSplit split, Optional<Task> task) {

  private static final String VALIDATION = "validation.jsonl";
  private static final String ANSWERS = "answers.jsonl";

  /** The record of round 0, which is always kept. */
  RoundRecord first(Path model, Path reward, int imitated) {
    Path here = Flywheel.directory(root, 0);
    Evaluation validation = evaluate(here, VALIDATION, model, reward);
    Evaluation now = evaluate(here, ANSWERS, model, reward);
    return new RoundRecord(0, relative(model), relative(reward), "", true, "the beginning", 0, 0, gold(validation),
        gold(now), now.reward(), null, 0, 0, now.tokens(), now.kl(), now.finished(), null, null, imitated, 0, 0);
  }

  /** The record of a later round, with the decision. */
  RoundRecord next(int number, RoundRecord best, Path model, Path reward, RoundYield made) {
    Path here = Flywheel.directory(root, number);
    Evaluation validation = evaluate(here, VALIDATION, model, reward);
    Evaluation now = evaluate(here, ANSWERS, model, reward);
    FlywheelConfig config = recipe.flywheel();
    Verdict verdict = Verdict.of(deciding(validation, VALIDATION, reward, model),
        deciding(read(best.round(), VALIDATION), VALIDATION, reward, model), config.keepMinGain(),
        config.keepMinErrors());
    double[] answers = deciding(now, ANSWERS, reward, model);
    double[] first = deciding(read(0, ANSWERS), ANSWERS, reward, model);
    int wins = 0;
    int losses = 0;
    for (int i = 0; i < answers.length; i++) {
      wins += answers[i] > first[i] ? 1 : 0;
      losses += answers[i] < first[i] ? 1 : 0;
    }
    double baseScore = Arrays.stream(rescored(read(best.round(), ANSWERS), ANSWERS, reward, model)).average()
        .orElseThrow();
    return new RoundRecord(number, relative(model), relative(reward), best.model(), verdict.kept(), rule(),
        verdict.gain(), verdict.error(), gold(validation), gold(now), now.reward(), baseScore, wins, losses,
        now.tokens(), now.kl(), now.finished(), made.bestOfK(), made.meanOfK(), made.imitated(), made.pairs(),
        made.labels());
  }

  private boolean byGold() {
    return recipe.flywheel().keepBy() == KeepBy.GOLD && task.isPresent();
  }

  private String rule() {
    FlywheelConfig config = recipe.flywheel();
    return "mean " + (byGold() ? "gold score" : "reward") + " on " + split.validation().size()
        + " validation prompts rises by more than " + config.keepMinGain() + " and " + config.keepMinErrors()
        + " standard errors";
  }

  /** What decides, answer by answer; rewards are those of one model for all rounds. */
  private double[] deciding(Evaluation evaluation, String name, Path reward, Path model) {
    return byGold() ? evaluation.answers().stream().mapToDouble(answer -> answer.gold().orElseThrow()).toArray()
        : rescored(evaluation, name, reward, model);
  }

  private double[] rescored(Evaluation evaluation, String name, Path reward, Path model) {
    return evaluation(name).rescored(evaluation, reward, model);
  }

  private Evaluation read(int round, String name) {
    return RoundEvaluation.read(Flywheel.directory(root, round).resolve(name));
  }

  private Evaluation evaluate(Path here, String name, Path model, Path reward) {
    Path reference = Flywheel.directory(root, 0).resolve("sft");
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("model", model);
    files.put("reward model", reward);
    files.put("reference", reference);
    files.put("prompts", name.equals(ANSWERS) ? inputs.promptsTest() : inputs.prompts());
    int count = name.equals(ANSWERS) ? recipe.flywheel().evalPrompts() : recipe.flywheel().validationPrompts();
    Provenance provenance = Provenance.of("evaluate", Version.number(), recipe.seed() + 1,
        Map.of("sampling", recipe.ppo().sampling(0).toString(), "prompts", String.valueOf(count)), files);
    Path target = here.resolve(name);
    evaluation(name).run(model, reward, reference, provenance, target);
    return RoundEvaluation.read(target);
  }

  private RoundEvaluation evaluation(String name) {
    if (name.equals(VALIDATION)) {
      return new RoundEvaluation(recipe, split.validation(), task);
    }
    List<PromptRow> all =
        PromptSplit.usable(recipe, Flywheel.directory(root, 0).resolve("sft"), inputs.promptsTest(), line -> {});
    int asked = recipe.flywheel().evalPrompts();
    int count = asked == 0 ? all.size() : Math.min(asked, all.size());
    return new RoundEvaluation(recipe, all.subList(0, count), task);
  }

  private static @Nullable Double gold(Evaluation evaluation) {
    return evaluation.gold().isPresent() ? evaluation.gold().getAsDouble() : null;
  }

  private String relative(Path path) {
    return root.relativize(path).toString();
  }
}
