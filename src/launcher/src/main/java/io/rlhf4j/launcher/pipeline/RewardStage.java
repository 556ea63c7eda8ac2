package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardType;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.Split;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.PairFingerprint;
import io.rlhf4j.reward.PairSource;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.reward.RewardCheckpoint;
import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.RewardTrainer;
import io.rlhf4j.reward.ScoredToken;
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
import java.util.Locale;
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

  /** What the stage works with, wherever the pairs lie. */
  public sealed interface Prepared extends AutoCloseable {

    /** The token at which scores are read. */
    ScoredToken scored();

    /** Pairs to learn from. */
    PairSource train();

    /** Pairs that only measure. */
    PairSource test();

    /** Positions of held-out pairs by the name of their file, if there are several. */
    Map<String, RowNumbers> testByPart();

    /** What was skipped or cut, a line for each file. */
    List<String> notes();

    @Override
    void close();
  }

  /** Pairs in memory. */
  private record InMemory(ScoredToken scored, Split<PreparedPairs.Pair> pairs, PairSource train, PairSource test,
      Map<String, RowNumbers> testByPart, List<String> notes) implements Prepared {

    @Override
    public void close() {
      // There is nothing to give back.
    }
  }

  /** Pairs in files of the run directory. */
  private record Streamed(ScoredToken scored, StreamedPairs pairs, PairSource train, PairSource test)
      implements Prepared {

    @Override
    public Map<String, RowNumbers> testByPart() {
      return pairs.testByPart();
    }

    @Override
    public List<String> notes() {
      return pairs.notes();
    }

    @Override
    public void close() {
      pairs.close();
    }
  }

  /** What became of the model on the held-out pairs. */
  private record Learned(RewardEvaluation measured, Map<String, RewardEvaluation> byPart, List<String> notes) {}

  /**
   * Tokenizes the pairs, before anything is trained.
   *
   * @param vocabSize rows of the model's embedding
   * @throws io.rlhf4j.config.InputException if no pair is left or the reward token cannot be used
   */
  public Prepared prepare(int vocabSize, PreferenceData data) {
    ScoredToken scored = scored(vocabSize);
    List<String> notes = new ArrayList<>();
    PreferenceData.Prepared prepared = data.prepare(pairTokenizer(scored), recipe.seed(), notes);
    Split<PreparedPairs.Pair> pairs = prepared.pairs();
    PairSource train = PreparedPairs.source(pairs.train());
    RewardTrainer.checkMargins(recipe.reward(), train);
    return new InMemory(scored, pairs, train, PreparedPairs.source(pairs.test()), prepared.testByPart(),
        List.copyOf(notes));
  }

  /** As the other, with the pairs in files of the run directory in place of memory. */
  public Prepared prepareStreamed(int vocabSize) {
    ScoredToken scored = scored(vocabSize);
    StreamedPairs pairs = StreamedPairs.open(context, pairTokenizer(scored));
    return new Streamed(scored, pairs, pairs.train(), pairs.test());
  }

  private ScoredToken scored(int vocabSize) {
    if (recipe.reward().type() == RewardType.PROCESS) {
      throw InputException.key("reward.type", "is process, must be preference for a run that trains its own reward "
          + "model; rlhf reward train trains the other, and rewards names it with kind: process");
    }
    return ScoredToken.of(recipe.reward().rewardTokenId(), tokenizer, vocabSize);
  }

  private PairTokenizer pairTokenizer(ScoredToken scored) {
    return new PairTokenizer(tokenizer, scored, context.data(), recipe.reward().overLength());
  }

  /**
   * Puts a new score head on {@code start}, trains, measures and writes the reward model. Goes on from the stage's
   * checkpoints, if the run has any.
   *
   * @param start the language model to begin with; this method uses it up and closes it
   * @param target directory of the reward model, in Hugging Face layout with its tokenizer
   */
  public RewardReport run(CausalModel start, Prepared prepared, Path target) {
    Learned learned = learn(start, prepared, target);
    return switch (prepared) {
      case InMemory pairs ->
          RewardReport.of(learned.measured(), learned.byPart(), pairs.pairs(), context, learned.notes());
      case Streamed streamed ->
          RewardReport.of(learned.measured(), learned.byPart(), streamed.pairs(), recipe.seed(), learned.notes());
    };
  }

  private Learned learn(CausalModel start, Prepared pairs, Path target) {
    // SHA-256 of the tokens to learn from and to measure on.
    String fingerprint = PairFingerprint.of(List.of(pairs.train(), pairs.test()));
    StageCheckpoints checkpoints = StageCheckpoints.in(context.run().checkpoints().resolve("reward"),
        recipe.reward().saving(), recipe.hash() + "/" + fingerprint);
    try {
      if (checkpoints.isEmpty()) {
        if (context.run().continued()) {
          Set<String> stages = RewardMetrics.stages(pairs.testByPart().keySet());
          context.metrics().rewind(stages, 0);
          if (LanguageWarmup.isNew(context)) {
            context.metrics().rewind(Set.of("reward_lm"), 0);
          }
        }
        Compute.exclusive(() -> {
          LanguageWarmup.run(context, start,
              Batches.views(pairs.train().asList(), pair -> pair.chosen().tokens()));
          return null;
        });
      }
    } catch (RuntimeException e) {
      start.close();
      throw e;
    }
    double headDeviation = recipe.reward().headInit().standardDeviation(start.backbone().config().hiddenSize());
    try (ScalarModel model = ScalarModel.withNewHead(start, headDeviation, recipe.seed())) {
      List<String> notes = new ArrayList<>(pairs.notes());
      RewardTrainer trainer = Compute.exclusive(() -> trainer(model, pairs.train(), checkpoints, notes));
      Map<String, RewardEvaluation> byPart = new LinkedHashMap<>();
      RewardEvaluation measured = Compute.exclusive(() -> train(trainer, pairs, checkpoints, byPart));
      save(model, pairs.scored(), fingerprint, measured, target);
      LanguageWarmup.forget(context);
      checkpoints.clear();
      trainer.packs(pairs.train()).ifPresent(packs -> notes.add(String.format(Locale.ROOT,
          "%d packs of %d tokens, %.2f %% of them empty; %d longer pairs by themselves",
          packs.packs().size() - packs.overlong(), packs.capacity(), 100 * packs.waste(), packs.overlong())));
      return new Learned(measured, byPart, notes);
    }
  }

  private RewardTrainer trainer(ScalarModel model, PairSource train, StageCheckpoints checkpoints,
      List<String> notes) {
    int fitting = MicroBatches.tokens(recipe.reward().microBatch(), checkpoints,
        () -> new RewardTrainer(model, recipe.reward(), recipe.seed()).probe(train), notes::add);
    return new RewardTrainer(model, recipe.reward().withMicroBatchTokens(fitting), recipe.seed());
  }

  /** @param byPart takes what the final weights make of the parts */
  private RewardEvaluation train(RewardTrainer trainer, Prepared pairs, StageCheckpoints checkpoints,
      Map<String, RewardEvaluation> byPart) {
    try (Progress progress = Progress.start("reward", trainer.totalSteps(pairs.train()))) {
      RewardMetrics metrics = new RewardMetrics(context.metrics(), progress, recipe.reward().loggingSteps(),
          pairs.testByPart().keySet());
      RewardEvaluation measured =
          trainer.train(pairs.train(), pairs.test(), pairs.testByPart(), metrics, checkpoints);
      byPart.putAll(metrics.lastByPart());
      return measured;
    }
  }

  private void save(ScalarModel model, ScoredToken scored, String fingerprint, RewardEvaluation measured,
      Path target) {
    RewardCheckpoint.describe(model, recipe.reward(), fingerprint);
    try {
      AtomicFiles.writeDirectory(target,
          directory -> RewardCheckpoint.save(model, tokenizer, scored, measured, directory));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + target, e);
    }
  }
}
