package io.rlhf4j.launcher.flywheel;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

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
        return FileOutput.lines(evaluation.answers().stream().map(RoundEvaluation::json).toList());
      }
    });
  }

  private static Map<String, Object> json(Evaluation.Answer answer) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("prompt", answer.prompt());
    map.put("response", answer.text());
    map.put("gold", answer.gold().isPresent() ? answer.gold().getAsDouble() : null);
    map.put("reward", answer.reward());
    map.put("kl", answer.kl());
    map.put("tokens", answer.tokens());
    map.put("finished", answer.finished());
    return map;
  }

  /** What {@link #run} wrote. */
  static Evaluation read(Path file) {
    List<Evaluation.Answer> answers = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode row = FileOutput.JSON.readTree(line);
        OptionalDouble gold = row.path("gold").isNumber() ? OptionalDouble.of(row.path("gold").asDouble())
            : OptionalDouble.empty();
        answers.add(new Evaluation.Answer(row.path("prompt").asText(), row.path("response").asText(), gold,
            row.path("reward").asDouble(), row.path("kl").asDouble(), row.path("tokens").asInt(),
            row.path("finished").asBoolean()));
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
