package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.actor.PpoActor;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.launcher.pipeline.Evaluation;
import io.rlhf4j.launcher.pipeline.Evaluator;
import io.rlhf4j.launcher.ppo.RoleSet;
import io.rlhf4j.launcher.quickstart.Task;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.launcher.stage.Provenance;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.reference.FrozenReference;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Answers of a round's model to the test prompts, judged. Every round samples with the same random numbers, so that two
 * rounds differ by their models alone.
 *
 * @param recipe sampling and seed
 * @param prompts that only measure
 * @param task judges, if there is one
 */
record RoundEvaluation(RecipeConfig recipe, List<PromptRow> prompts, Optional<Task> task) {

  /**
   * Writes one row for each test prompt, unless that is done already.
   *
   * @param reference model that the KL is measured to
   */
  void run(Path model, Path reward, Path reference, Provenance provenance, Path target) {
    FileOutput.write(target, provenance, false, () -> {
      try (Tokenizer tokenizer = Tokenizer.load(model);
          PpoActor actor = new PpoActor(CausalModel.load(model), Tokenizer.load(model), recipe.ppo(), 0, recipe.seed());
          RewardModelScorer scorer = RewardModelScorer.load(reward, recipe.ppo().microBatchTokens(), false);
          FrozenReference frozen = new FrozenReference(CausalModel.load(reference), recipe.ppo().microBatchTokens())) {
        Evaluation evaluation = new Evaluator(prompts, tokenizer,
            recipe.ppo().sampling(0).withSamples(1, recipe.seed() + 1), recipe.ppo().scoreBatchSize(), task)
            .run(new RoleSet(actor, null, scorer, frozen));
        return FileOutput.lines(evaluation.rows());
      }
    });
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

  /** Scores of these answers by another reward model, so that two rounds are compared by one. */
  double[] rescored(Evaluation evaluation, Path reward, Path model) {
    try (Tokenizer tokenizer = Tokenizer.load(model);
        RewardModelScorer scorer = RewardModelScorer.load(reward, recipe.ppo().microBatchTokens(), false)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      List<TokenSequence> sequences = new ArrayList<>();
      for (int i = 0; i < prompts.size(); i++) {
        sequences.add(renderer.sequence(prompts.get(i).messages(), evaluation.answers().get(i).text()));
      }
      float[] scores = scorer.score(sequences);
      double[] result = new double[scores.length];
      for (int i = 0; i < result.length; i++) {
        result[i] = scores[i];
      }
      return result;
    }
  }
}
