package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.config.RewardType;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.MicroBatches;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.PairFingerprint;
import io.rlhf4j.reward.PairSource;
import io.rlhf4j.reward.PairTokenizer;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.reward.RewardCheckpoint;
import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.RewardStep;
import io.rlhf4j.reward.RewardTrainer;
import io.rlhf4j.reward.RewardTrainingListener;
import io.rlhf4j.reward.ScoredToken;
import io.rlhf4j.reward.TokenizedPair;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.StageCheckpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Trains a reward model on several files of preferences.
 *
 * @param recipe its seed and limits
 * @param start a language model, which gets a new score head, or a reward model to go on with
 * @param startsWithHead whether {@code start} is a reward model
 * @param config of the training
 * @param pairs files to learn from, with the number of rows taken from each
 * @param test pairs that only measure
 */
public record RewardJob(RecipeConfig recipe, Path start, boolean startsWithHead, RewardConfig config,
    List<Part> pairs, Part test) {

  /**
   * Rows of a file.
   *
   * @param file preference pairs
   * @param layout of them
   * @param rows how many are drawn by the seed; 0 takes all in their order
   */
  public record Part(Path file, PreferenceLayout layout, int rows) {

    private void describe(String name, Map<String, String> settings, Map<String, Path> inputs) {
      inputs.put(name, file);
      layout.differences().ifPresent(words -> settings.put("layout of " + name, words));
    }
  }

  private Provenance provenance() {
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", start);
    RecipeTokenizer.describe(recipe, inputs);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("reward", config.toString());
    for (int i = 0; i < pairs.size(); i++) {
      String name = "pairs " + (i + 1);
      pairs.get(i).describe(name, settings, inputs);
      settings.put("rows of " + name, String.valueOf(pairs.get(i).rows()));
    }
    test.describe("test pairs", settings, inputs);
    return Provenance.of("reward", Version.number(), recipe.seed(), settings, inputs);
  }

  /**
   * Trains and writes the model, unless that is done already.
   *
   * @throws InputException if data or model cannot be used, or something else is in the target
   */
  public void run(Path target, Consumer<String> news) {
    if (config.type() == RewardType.PROCESS) {
      throw InputException.key("reward.type", "is process, must be preference where the data are pairs");
    }
    ModelOutput.write(target, provenance(), false, config.saving(), (directory, metrics, checkpoints) -> {
      try (Tokenizer tokenizer = RecipeTokenizer.ofModel(recipe, start); ScalarModel model = model()) {
        ScoredToken scored =
            ScoredToken.of(config.rewardTokenId(), tokenizer, model.backbone().config().vocabSize());
        PairTokenizer encoder = new PairTokenizer(tokenizer, scored, recipe.data(), config.overLength());
        List<TokenizedPair> train = new ArrayList<>();
        for (Part part : pairs) {
          train.addAll(rows(encoder, part, news));
        }
        List<TokenizedPair> held = rows(encoder, test, news);
        RewardTrainer.checkMargins(config, PairSource.of(train));
        RewardEvaluation measured =
            Compute.exclusive(() -> train(model, train, held, metrics, checkpoints, news));
        RewardCheckpoint.describe(model, config,
            PairFingerprint.of(List.of(PairSource.of(train), PairSource.of(held))));
        RewardCheckpoint.save(model, tokenizer, scored, measured, directory);
        news.accept("reward: %d pairs, accuracy on held-out pairs %s".formatted(train.size(), measured.accuracy()));
      }
    });
  }

  private ScalarModel model() {
    if (startsWithHead) {
      return ScalarModel.load(start);
    }
    CausalModel language = CausalModel.load(start);
    double deviation = config.headInit().standardDeviation(language.backbone().config().hiddenSize());
    return ScalarModel.withNewHead(language, deviation, recipe.seed());
  }

  private List<TokenizedPair> rows(PairTokenizer encoder, Part part, Consumer<String> news) {
    DataSet<PreferencePair> all = PreferenceReader.read(part.file(), part.layout());
    boolean whole = part.rows() == 0 || part.rows() >= all.rows().size();
    // Drawn before they are encoded: a refresh replays few of very many rows.
    DataSet<PreferencePair> drawn = whole ? all
        : new DataSet<>(Batches.shuffled(all.rows(), recipe.seed(), 0).subList(0, part.rows()), all.skipped());
    PreparedPairs prepared = encoder.prepare(drawn);
    prepared.skipped().summary().ifPresent(news);
    return PreparedPairs.tokens(prepared.pairs());
  }

  private RewardEvaluation train(ScalarModel model, List<TokenizedPair> train, List<TokenizedPair> held,
      MetricsLog metrics, StageCheckpoints checkpoints, Consumer<String> news) {
    int fitting = MicroBatches.tokens(config.microBatch(), checkpoints,
        () -> new RewardTrainer(model, config, recipe.seed()).probe(PairSource.of(train)), news);
    RewardTrainer trainer = new RewardTrainer(model, config.withMicroBatchTokens(fitting), recipe.seed());
    try (Progress progress = Progress.start("reward", trainer.totalSteps(PairSource.of(train)))) {
      return trainer.train(PairSource.of(train), PairSource.of(held), new Repeatable(metrics, progress), checkpoints);
    }
  }

  /** Logs what repeats when a stage is done again, and nothing that is measured with a clock. */
  private record Repeatable(MetricsLog metrics, Progress progress) implements RewardTrainingListener {

    @Override
    public void stepped(RewardStep step) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss", step.loss());
      values.put("accuracy", step.accuracy());
      values.put("grad_norm", step.gradientNorm());
      values.put("learning_rate", step.learningRate());
      metrics.log("reward", step.step(), values);
      progress.advance("loss %.3f".formatted(step.loss()));
    }

    @Override
    public void resumed(int step) {
      metrics.rewind(Set.of("reward", "reward_eval"), step);
      progress.advance(step, "goes on from a checkpoint");
    }

    @Override
    public void evaluated(int step, RewardEvaluation evaluation, double loss) {
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("loss", loss);
      values.put("accuracy", evaluation.accuracy().value());
      metrics.log("reward_eval", step, values);
    }
  }
}
