package io.rlhf4j.launcher.stage;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.MicroBatches;
import io.rlhf4j.launcher.pipeline.ModelSetup;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.launcher.pipeline.RowCache;
import io.rlhf4j.launcher.pipeline.SftStage;
import io.rlhf4j.launcher.pipeline.StreamedDemonstrations;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.StageCheckpoints;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Supervised fine-tuning of a model directory on files of demonstrations.
 *
 * @param recipe its seed and limits
 * @param model where the policy starts
 * @param config of the training
 * @param data what is imitated
 * @param test demonstrations that only measure
 */
public record SftJob(RecipeConfig recipe, Path model, SftConfig config, List<Source> data, Optional<Path> test) {

  /**
   * A file of demonstrations.
   *
   * @param file rows with messages, or with prompt and response
   * @param weight how often each of its rows is seen in a pass; the fraction is drawn once, by the seed
   */
  public record Source(Path file, double weight) {

    public Source {
      if (!(weight > 0 && Double.isFinite(weight))) {
        throw new InputException(file + ": has the weight " + weight + ", must be greater than 0");
      }
    }

    /** {@code FILE} or {@code FILE:WEIGHT}. */
    public static Source parse(String text) {
      int colon = text.lastIndexOf(':');
      String weight = colon < 0 ? "" : text.substring(colon + 1);
      return weight.matches("\\d+(\\.\\d+)?") ? new Source(Path.of(text.substring(0, colon)),
          Double.parseDouble(weight)) : new Source(Path.of(text), 1);
    }
  }

  private Provenance provenance() {
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", model);
    RecipeTokenizer.describe(recipe, inputs);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("sft", config.withoutSaving().toString());
    settings.put("tokens", String.valueOf(recipe.data().maxLength()));
    for (int i = 0; i < data.size(); i++) {
      String name = data.size() == 1 ? "demonstrations" : "demonstrations " + (i + 1);
      inputs.put(name, data.get(i).file());
      settings.put("weight of " + name, String.valueOf(data.get(i).weight()));
    }
    test.ifPresent(file -> inputs.put("test demonstrations", file));
    settings.put("learning", recipe.model().learning());
    return Provenance.of("sft", Version.number(), recipe.seed(), settings, inputs);
  }

  /**
   * Trains and writes the model, unless that is done already.
   *
   * @throws InputException if data or model cannot be used, or something else is in the target
   */
  public void run(Path target, boolean overwrite, Consumer<String> news) {
    boolean done =
        !ModelOutput.write(target, provenance(), overwrite, config.saving(), (directory, metrics, checkpoints) -> {
          try (Tokenizer tokenizer = RecipeTokenizer.load(recipe, model)) {
            RecipeChecks.tokenizerFits(recipe, model, tokenizer);
            ChatRenderer renderer = ChatRenderer.of(tokenizer);
            if (recipe.data().streaming()) {
              try (StreamedDemonstrations rows = streamed(renderer, checkpoints)) {
                rows.notes().forEach(news);
                train(rows.weighted(data.stream().map(Source::weight).toList(), recipe.seed()),
                    test.isPresent() ? rows.part(data.size()) : List.of(), directory, metrics, checkpoints, news);
              }
            } else {
              List<MaskedTokens> train = new ArrayList<>();
              for (Source source : data) {
                train.addAll(
                    Batches.weighted(encode(renderer, source.file(), news), source.weight(), recipe.seed()));
              }
              train(train, test.isPresent() ? encode(renderer, test.get(), news) : List.of(), directory, metrics,
                  checkpoints, news);
            }
            tokenizer.copyTo(directory);
          }
        });
    if (done) {
      news.accept("sft: " + target + " is complete already");
    }
  }

  private List<MaskedTokens> encode(ChatRenderer renderer, Path file, Consumer<String> news) {
    List<String> notes = new ArrayList<>();
    List<MaskedTokens> sequences = SftStage.encode(renderer, SftReader.read(file), recipe.data().maxLength(),
        config, notes);
    notes.forEach(news);
    return sequences;
  }

  private StreamedDemonstrations streamed(ChatRenderer renderer, StageCheckpoints checkpoints) {
    List<Path> files = Stream.concat(data.stream().map(Source::file), test.stream()).toList();
    return StreamedDemonstrations.open(checkpoints.beside("rows").orElseThrow(),
        RowCache.identity("", files.stream()), renderer, files, recipe.data().maxLength(), config);
  }

  private void train(List<MaskedTokens> train, List<MaskedTokens> held, Path directory, MetricsLog metrics,
      StageCheckpoints checkpoints, Consumer<String> news) {
    try (CausalModel policy = ModelSetup.forTraining(CausalModel.load(model), recipe.model(), recipe.seed())) {
      train(policy, train, held, metrics, checkpoints, news);
      policy.save(directory);
    }
  }

  private void train(CausalModel policy, List<MaskedTokens> train, List<MaskedTokens> held, MetricsLog metrics,
      StageCheckpoints checkpoints, Consumer<String> news) {
    int fitting = Compute.exclusive(() -> MicroBatches.tokens(config.microBatch(), checkpoints,
        () -> new SftTrainer(policy, config, recipe.seed()).probe(train), news));
    SftTrainer trainer = new SftTrainer(policy, config.withMicroBatchTokens(fitting), recipe.seed());
    double before = held.isEmpty() ? Double.NaN : Compute.exclusive(() -> trainer.evaluate(held));
    long steps = config.totalSteps(train.size());
    double last = Compute.exclusive(() -> {
      try (Progress progress = Progress.start("sft", steps)) {
        return trainer.train(train, new TrainingLog("sft", metrics, progress, "loss"), checkpoints);
      }
    });
    String measured = "";
    if (!held.isEmpty()) {
      double after = Compute.exclusive(() -> trainer.evaluate(held));
      metrics.log("sft_eval", 0, Map.of("loss", before));
      metrics.log("sft_eval", steps, Map.of("loss", after));
      measured = String.format(Locale.ROOT, "; test loss %.4f before, %.4f after", before, after);
    }
    news.accept(String.format(Locale.ROOT, "sft: %d rows, mean loss of the last pass %.4f%s", train.size(), last,
        measured));
  }
}
