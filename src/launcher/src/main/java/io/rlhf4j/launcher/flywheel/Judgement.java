package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.FlywheelConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.launcher.stage.RewardSource;
import io.rlhf4j.launcher.stage.StageRoles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a round's model is worth: answers to the validation prompts decide whether the round is kept, answers to the
 * test prompts are only reported.
 *
 * @param plan who scores and decides
 * @param root directory of the flywheel
 * @param inputs files of prompts
 * @param split holds the validation prompts
 * @param task judges, if there is one
 * @param roles who samples and scores
 */
record Judgement(RewardPlan plan, Path root, FlywheelInputs inputs, PromptSplit split, Optional<Task> task,
    StageRoles roles, Consumer<String> news) {

  private static final String VALIDATION = "validation.jsonl";
  private static final String ANSWERS = "answers.jsonl";

  /** The record of round 0, which is always kept. */
  RoundRecord first(Path model, Optional<Path> reward, int imitated) {
    Path here = Flywheel.directory(root, 0);
    Evaluation validation = evaluate(here, VALIDATION, model, reward);
    Evaluation now = evaluate(here, ANSWERS, model, reward);
    return new RoundRecord(0, relative(model), reward.map(this::relative).orElse(""), "", true, "the beginning",
        plan.decidedBy(), 0, 0, 0, gold(validation), number(validation.reward()), gold(now), number(now.reward()), 0, 0,
        now.tokens(), now.kl(), now.finished(), null, null, imitated, 0, 0);
  }

  /** The record of a later round, with the decision. */
  RoundRecord next(int number, RoundRecord best, Path model, Optional<Path> reward, RoundYield made) {
    Path here = Flywheel.directory(root, number);
    Evaluation validation = evaluate(here, VALIDATION, model, reward);
    Evaluation now = evaluate(here, ANSWERS, model, reward);
    FlywheelConfig config = recipe().flywheel();
    Contest contest = new Contest(plan, roles, news);
    double[] gains = contest.differences("against-best", split.validation(), here.resolve(VALIDATION),
        Flywheel.directory(root, best.round()).resolve(VALIDATION), reward, model);
    Verdict verdict = Verdict.of(gains, config.keepMinGain(), config.keepMinErrors());
    double[] beside = contest.differences("against-first", prompts(ANSWERS), here.resolve(ANSWERS),
        Flywheel.directory(root, 0).resolve(ANSWERS), reward, model);
    return new RoundRecord(number, relative(model), reward.map(this::relative).orElse(""), best.model(),
        verdict.kept(), rule(), plan.decidedBy(), verdict.gain(), verdict.error(), verdict.undecided(),
        gold(validation), number(validation.reward()), gold(now), number(now.reward()),
        (int) Arrays.stream(beside).filter(difference -> difference > 0).count(),
        (int) Arrays.stream(beside).filter(difference -> difference < 0).count(), now.tokens(), now.kl(),
        now.finished(), number(made.bestOfK()), number(made.meanOfK()), made.imitated(), made.pairs(), made.labels());
  }

  private RecipeConfig recipe() {
    return plan.recipe();
  }

  private String rule() {
    FlywheelConfig config = recipe().flywheel();
    return "mean " + plan.decidedBy() + " on " + split.validation().size()
        + " validation prompts rises by more than " + config.keepMinGain() + " and " + config.keepMinErrors()
        + " standard errors";
  }

  private Evaluation evaluate(Path here, String name, Path model, Optional<Path> reward) {
    Path reference = inputs.firstModel(root);
    RewardSource source = plan.scores(reward);
    Map<String, Path> files = new LinkedHashMap<>();
    files.put("model", model);
    files.put("reference", reference);
    files.put("prompts", name.equals(ANSWERS) ? inputs.promptsTest() : inputs.prompts());
    int count = name.equals(ANSWERS) ? recipe().flywheel().evalPrompts() : recipe().flywheel().validationPrompts();
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("sampling", recipe().ppo().sampling(0).toString());
    settings.put("precision", recipe().ppo().generation().rolloutPrecision().toString());
    settings.put("prompts", String.valueOf(count));
    source.describe(settings, files);
    Provenance provenance =
        Provenance.of("evaluate", Version.number(), recipe().seed() + 1, settings, files);
    Path target = here.resolve(name);
    new RoundEvaluation(recipe(), prompts(name), task, roles).run(model, source, reference, provenance, target, news);
    return RoundEvaluation.read(target);
  }

  private List<PromptRow> prompts(String name) {
    if (name.equals(VALIDATION)) {
      return split.validation();
    }
    List<PromptRow> all = PromptSplit.usable(recipe(), inputs.firstModel(root), inputs.promptsTest(), line -> {});
    int asked = recipe().flywheel().evalPrompts();
    return asked == 0 ? all : all.subList(0, Math.min(asked, all.size()));
  }

  private static @Nullable Double gold(Evaluation evaluation) {
    return evaluation.gold().isPresent() ? evaluation.gold().getAsDouble() : null;
  }

  private static @Nullable Double number(double value) {
    return Double.isNaN(value) ? null : value;
  }

  private String relative(Path path) {
    return root.relativize(path).toString();
  }
}
