package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardType;
import io.rlhf4j.data.Split;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.PairFingerprint;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.reward.RewardCheckpoint;
import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.RewardTrainer;
import io.rlhf4j.reward.ScoredToken;
import io.rlhf4j.reward.TokenizedPair;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.StageCheckpoints;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Training of the reward model on preference pairs. */
public final class RewardStage {

  private final RunContext context;
  private final RecipeConfig recipe;
  private final Tokenizer tokenizer;

  public RewardStage(RunContext context, Tokenizer tokenizer) {
    this.context = context;
    this.recipe = context.recipe();
    this.tokenizer = tokenizer;
  }

  /**
   * What the stage works with.
   *
   * @param scored the token at which scores are read
   * @param pairs tokens of the pairs to learn from and of those that only measure
   * @param testByPart held-out pairs by the name of their file, if there are several
   * @param notes what was skipped or cut, a line for each file
   */
  public record Prepared(ScoredToken scored, Split<PreparedPairs.Pair> pairs,
      Map<String, List<PreparedPairs.Pair>> testByPart, List<String> notes) {

    public Prepared {
      notes = List.copyOf(notes);
    }

    /** SHA-256 of the tokens to learn from and to measure on. */
    String fingerprint() {
      return PairFingerprint.of(List.of(PreparedPairs.tokens(pairs.train()), PreparedPairs.tokens(pairs.test())));
    }
  }

  /**
   * Tokenizes the pairs, before anything is trained.
   *
   * @param vocabSize rows of the model's embedding
   * @throws io.rlhf4j.config.InputException if no pair is left or the reward token cannot be used
   */
  public Prepared prepare(int vocabSize, PreferenceData data) {
    if (recipe.reward().type() == RewardType.PROCESS) {
      throw InputException.key("reward.type", "is process, must be preference for a run that trains its own reward "
          + "model; rlhf reward train trains the other, and rewards names it with kind: process");
    }
    List<String> notes = new ArrayList<>();
    ScoredToken scored = ScoredToken.of(recipe.reward().rewardTokenId(), tokenizer, vocabSize);
    PairTokenizer pairTokenizer = new PairTokenizer(tokenizer, scored, context.data(), recipe.reward().overLength());
    PreferenceData.Prepared prepared = data.prepare(pairTokenizer, recipe.seed(), notes);
    return new Prepared(scored, prepared.pairs(), prepared.testByPart(), notes);
  }

  /**
   * Puts a new score head on {@code start}, trains, measures and writes the reward model. Goes on from the stage's
   * checkpoints, if the run has any.
   *
   * @param start the language model to begin with; this method uses it up and closes it
   * @param target directory of the reward model, in Hugging Face layout with its tokenizer
   */
  public RewardReport run(CausalModel start, Prepared prepared, Path target) {
    Split<PreparedPairs.Pair> pairs = prepared.pairs();
    StageCheckpoints checkpoints = StageCheckpoints.in(context.run().checkpoints().resolve("reward"),
        recipe.reward().saving(), recipe.hash() + "/" + prepared.fingerprint());
    try {
      if (checkpoints.isEmpty()) {
        if (context.run().continued()) {
          context.metrics().rewind(Set.of("reward_lm", "reward", "reward_eval"), 0);
        }
        Compute.exclusive(() -> LanguageWarmup.run(context, start, chosen(pairs.train())));
      }
    } catch (RuntimeException e) {
      start.close();
      throw e;
    }
    double headDeviation = recipe.reward().headInit().standardDeviation(start.backbone().config().hiddenSize());
    try (ScalarModel model = ScalarModel.withNewHead(start, headDeviation, recipe.seed())) {
      RewardEvaluation measured = Compute.exclusive(() -> train(model, pairs, checkpoints));
      Map<String, RewardEvaluation> byPart = Compute.exclusive(() -> evaluate(model, prepared.testByPart()));
      save(model, prepared.scored(), measured, target);
      checkpoints.clear();
      return RewardReport.of(measured, byPart, pairs, context, prepared.notes());
    }
  }

  private static List<int[]> chosen(List<PreparedPairs.Pair> pairs) {
    return pairs.stream().map(pair -> pair.tokens().chosen().tokens()).toList();
  }

  private Map<String, RewardEvaluation> evaluate(ScalarModel model, Map<String, List<PreparedPairs.Pair>> testByPart) {
    RewardTrainer trainer = new RewardTrainer(model, recipe.reward(), recipe.seed());
    Map<String, RewardEvaluation> measured = new LinkedHashMap<>();
    testByPart.forEach((name, pairs) -> {
      if (!pairs.isEmpty()) {
        RewardEvaluation evaluation = trainer.evaluate(PreparedPairs.tokens(pairs));
        measured.put(name, evaluation);
        context.metrics().log("reward_eval/" + name, 0, RewardMetrics.values(evaluation));
      }
    });
    return measured;
  }

  private RewardEvaluation train(ScalarModel model, Split<PreparedPairs.Pair> pairs, StageCheckpoints checkpoints) {
    RewardTrainer trainer = new RewardTrainer(model, recipe.reward(), recipe.seed());
    List<TokenizedPair> train = PreparedPairs.tokens(pairs.train());
    try (Progress progress = Progress.start("reward", trainer.totalSteps(train))) {
      return trainer.train(train, PreparedPairs.tokens(pairs.test()),
          new RewardMetrics(context.metrics(), progress, recipe.reward().loggingSteps()), checkpoints);
    }
  }

  private void save(ScalarModel model, ScoredToken scored, RewardEvaluation measured, Path target) {
    try {
      AtomicFiles.writeDirectory(target,
          directory -> RewardCheckpoint.save(model, tokenizer, scored, measured, directory));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + target, e);
    }
  }
}
