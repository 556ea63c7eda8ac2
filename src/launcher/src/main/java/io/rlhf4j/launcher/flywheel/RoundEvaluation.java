package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.pipeline.Evaluator;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.launcher.stage.RewardSource;
import io.rlhf4j.launcher.stage.StageRoles;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Answers of a round's model to prompts that only measure. Every round samples with the same random numbers, so that
 * two rounds differ by their models alone.
 *
 * @param recipe sampling and seed
 * @param prompts that only measure
 * @param task judges, if there is one
 * @param roles who samples and scores
 */
record RoundEvaluation(RecipeConfig recipe, List<PromptRow> prompts, Optional<Task> task, StageRoles roles) {

  /**
   * Writes one row for each prompt, unless that is done already.
   *
   * @param source scores each answer by itself
   * @param reference model that the KL is measured to
   */
  void run(Path model, RewardSource source, Path reference, Provenance provenance, Path target,
      Consumer<String> news) {
    FileOutput.write(target, provenance, false, () -> FileOutput.lines(
        rewarded(sampled(model, reference), source, model, news).rows()));
  }

  private Evaluation sampled(Path model, Path reference) {
    try (Tokenizer tokenizer = RecipeTokenizer.load(recipe, model); ActorRole actor = roles.actor(model);
        ReferenceRole frozen = roles.reference(reference, recipe.ppo().microBatchTokens())) {
      return new Evaluator(prompts, tokenizer, recipe.ppo().sampling(0).withSamples(1, recipe.seed() + 1),
          recipe.ppo().scoreBatchSize(), task).run(actor, frozen);
    }
  }

  private Evaluation rewarded(Evaluation sampled, RewardSource source, Path model, Consumer<String> news) {
    List<Evaluation.Answer> answers = new ArrayList<>();
    int chunk = recipe.ppo().scoreBatchSize();
    try (AnswersRole role = roles.rewards(source, model)) {
      for (int start = 0; start < prompts.size(); start += chunk) {
        int end = Math.min(prompts.size(), start + chunk);
        List<AnswerGroup> groups = new ArrayList<>();
        for (int i = start; i < end; i++) {
          groups.add(new AnswerGroup(prompts.get(i).messages(), List.of(sampled.answers().get(i).text()),
              prompts.get(i).label()));
        }
        List<double[]> scores = role.scoreAnswers(groups).scores();
        for (int i = start; i < end; i++) {
          answers.add(sampled.answers().get(i).withReward(scores.get(i - start)[0]));
        }
      }
    }
    long without = answers.stream().filter(answer -> Double.isNaN(answer.reward())).count();
    if (without > 0) {
      news.accept("evaluate: " + without + " of " + answers.size()
          + " answers got no reward by themselves; rewards that only compare answers give none");
    }
    return new Evaluation(answers);
  }

  /** What {@link #run} wrote. */
  static Evaluation read(Path file) {
    List<Evaluation.Answer> answers = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        answers.add(Evaluation.Answer.of(FileOutput.JSON.readTree(line)));
      }
      return new Evaluation(answers);
    } catch (IOException e) {
      throw new InputException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
  }
}
