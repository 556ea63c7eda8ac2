package io.rlhf4j.launcher.stage;

import io.rlhf4j.actor.dpo.DpoPair;
import io.rlhf4j.actor.dpo.DpoPairCodec;
import io.rlhf4j.actor.dpo.DpoTrainer;
import io.rlhf4j.actor.dpo.PairEncoder;
import io.rlhf4j.actor.dpo.ReferenceLogProbs;
import io.rlhf4j.config.DpoConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.PreferenceLayout;
import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.PreferenceReader;
import io.rlhf4j.launcher.Version;
import io.rlhf4j.launcher.pipeline.MicroBatches;
import io.rlhf4j.launcher.pipeline.ModelSetup;
import io.rlhf4j.launcher.pipeline.RecipeTokenizer;
import io.rlhf4j.launcher.pipeline.RowCache;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.train.MicroBatchProbe;
import io.rlhf4j.text.Tokenizer;
import io.rlhf4j.train.StageCheckpoints;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * DPO on a file of pairs.
 *
 * @param recipe its seed and limits
 * @param model where the policy starts
 * @param config of the training
 * @param reference model directory of the reference; empty takes the policy as it starts
 * @param pairs preference pairs
 * @param layout of their rows
 */
public record DpoJob(RecipeConfig recipe, Path model, DpoConfig config, Optional<Path> reference, Path pairs,
    PreferenceLayout layout) {

  /** What decides the result. */
  public Provenance provenance() {
    Map<String, Path> inputs = new LinkedHashMap<>();
    inputs.put("model", model);
    inputs.put("reference", reference.orElse(model));
    inputs.put("pairs", pairs);
    RecipeTokenizer.describe(recipe, inputs);
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("dpo", config.withoutSaving().toString());
    settings.put("learning", recipe.model().learning());
    settings.put("limits", recipe.data().maxPromptLength() + " of " + recipe.data().maxLength() + " tokens");
    layout.differences().ifPresent(words -> settings.put("layout", words));
    return Provenance.of("dpo", Version.number(), recipe.seed(), settings, inputs);
  }

  /**
   * Trains and writes the model, unless that is done already.
   *
   * @param roles whose reference is asked about the pairs before training
   * @param news told which rows were skipped, and how the last pass went
   * @throws InputException if pairs or models cannot be used, or something else is in the target
   */
  public void run(Path target, boolean overwrite, StageRoles roles, Consumer<String> news) {
    boolean done =
        !ModelOutput.write(target, provenance(), overwrite, config.saving(), (directory, metrics, checkpoints) -> {
          try (Tokenizer tokenizer = RecipeTokenizer.load(recipe, model)) {
            RecipeChecks.tokenizerFits(recipe, model, tokenizer);
            PairEncoder encoder = new PairEncoder(tokenizer, config.maskFormatTokens(), recipe.data().maxLength(),
                recipe.data().maxPromptLength());
            if (recipe.data().streaming()) {
              try (RowCache.Rows<DpoPair> rows = streamed(encoder, checkpoints)) {
                rows.notes().forEach(news);
                train(rows.all(), roles, directory, metrics, checkpoints, news);
              }
            } else {
              PairEncoder.Encoded encoded = encoder.encode(PreferenceReader.read(pairs, layout));
              encoded.skipped().summary().ifPresent(news);
              train(encoded.pairs(), roles, directory, metrics, checkpoints, news);
            }
            tokenizer.copyTo(directory);
          }
        });
    if (done) {
      news.accept("dpo: " + target + " is complete already");
    }
  }

  private RowCache.Rows<DpoPair> streamed(PairEncoder encoder, StageCheckpoints checkpoints) {
    return RowCache.rows(checkpoints.beside("rows").orElseThrow(), RowCache.identity("", Stream.of(pairs)),
        new DpoPairCodec(encoder),
        (writer, notes) -> RowCache.<PreferencePair>read(pairs, notes,
            sink -> PreferenceReader.each(pairs, layout, sink), row -> switch (encoder.fit(row)) {
              case PairEncoder.Outcome.Fitted(var pair) -> {
                writer.add(0, 0, pair);
                yield Optional.empty();
              }
              case PairEncoder.Outcome.Skipped(var reason) -> Optional.of(reason);
            }));
  }

  private void train(List<DpoPair> encoded, StageRoles roles, Path directory, MetricsLog metrics,
      StageCheckpoints checkpoints, Consumer<String> news) {
    int fitting = MicroBatches.tokens(config.microBatch(), checkpoints, () -> probe(encoded), news);
    List<ReferenceLogProbs> logProbs = reference(encoded, roles, fitting);
    try (CausalModel policy = ModelSetup.forTraining(CausalModel.load(model), recipe.model(), recipe.seed())) {
      DpoTrainer trainer = new DpoTrainer(policy, config.withMicroBatchTokens(fitting), recipe.seed());
      Map<String, Double> last = Compute.exclusive(() -> {
        try (Progress progress = Progress.start("dpo", trainer.totalSteps(encoded.size()))) {
          return trainer.train(encoded, logProbs, new TrainingLog("dpo", metrics, progress, "loss", "accuracy"),
              checkpoints);
        }
      });
      policy.save(directory);
      news.accept("dpo: %d pairs, last pass: loss %.4f, accuracy %.3f, margin %.3f".formatted(encoded.size(),
          last.get("loss"), last.get("accuracy"), last.get("margin")));
    }
  }

  private MicroBatchProbe probe(List<DpoPair> encoded) {
    try (CausalModel policy = ModelSetup.forTraining(CausalModel.load(model), recipe.model(), recipe.seed())) {
      return Compute.exclusive(() -> new DpoTrainer(policy, config, recipe.seed()).probe(encoded));
    }
  }

  /** Log-probs of the reference, which is closed before training begins: two models are never in memory at once. */
  private List<ReferenceLogProbs> reference(List<DpoPair> encoded, StageRoles roles, int microBatchTokens) {
    // The pairs of one forward pass are asked about together, so the role splits nothing further.
    try (ReferenceRole asked = roles.reference(reference.orElse(model), Integer.MAX_VALUE);
        Progress progress = Progress.start("reference", encoded.size())) {
      return ReferenceLogProbs.of(sequences -> asked.logProbs(sequences, 1), encoded, config.loss(),
          microBatchTokens, count -> progress.advance(count, ""));
    }
  }
}
