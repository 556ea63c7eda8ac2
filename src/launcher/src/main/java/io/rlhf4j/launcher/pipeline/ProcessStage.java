package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.reward.RewardCheckpoint;
import io.rlhf4j.reward.process.PreparedSteps;
import io.rlhf4j.reward.process.ProcessCheckpoint;
import io.rlhf4j.reward.process.ProcessTrainer;
import io.rlhf4j.reward.process.StepEvaluation;
import io.rlhf4j.reward.process.StepExample;
import io.rlhf4j.reward.process.StepFingerprint;
import io.rlhf4j.reward.process.StepTokenizer;
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
import java.util.function.Supplier;

/** Training of a process reward model on labelled steps. */
public final class ProcessStage {

  private final RunContext context;
  private final RecipeConfig recipe;
  private final Tokenizer tokenizer;

  public ProcessStage(RunContext context, Tokenizer tokenizer) {
    this.context = context;
    this.recipe = context.recipe();
    this.tokenizer = tokenizer;
  }

  /**
   * What the stage works with.
   *
   * @param train answers to learn from
   * @param test answers that only measure
   * @param testByPart positions of held-out answers by the name of their file, if there are several
   * @param notes what was skipped or cut, a line for each file
   */
  public record Prepared(List<StepExample> train, List<StepExample> test, Map<String, RowNumbers> testByPart,
      List<String> notes) {}

  /**
   * Tokenizes the answers, before anything is trained.
   *
   * @throws io.rlhf4j.config.InputException if no answer is left or the placeholder cannot be used
   */
  public Prepared prepare(StepData data) {
    List<String> notes = new ArrayList<>();
    StepData.Prepared prepared = data.prepare(steps(), notes);
    return new Prepared(PreparedSteps.examples(prepared.answers().train()),
        PreparedSteps.examples(prepared.answers().test()), prepared.testByPart(), notes);
  }

  private StepTokenizer steps() {
    return new StepTokenizer(tokenizer, recipe.reward().steps(), context.data(), recipe.reward().overLength());
  }

  /** As {@link #run}, with the answers in files of the run directory in place of memory. */
  public ProcessReport runStreamed(Supplier<CausalModel> start, Path target) {
    try (StreamedSteps streamed = StreamedSteps.open(context, steps())) {
      return run(start.get(),
          new Prepared(streamed.train(), streamed.test(), streamed.testByPart(), streamed.notes()), target);
    }
  }

  /**
   * Puts a new score head on {@code start}, trains, measures and writes the model. Goes on from the stage's
   * checkpoints, if the run has any.
   *
   * @param start the language model to begin with; this method uses it up and closes it
   * @param target directory of the model, in Hugging Face layout with its tokenizer
   */
  public ProcessReport run(CausalModel start, Prepared prepared, Path target) {
    String fingerprint = StepFingerprint.of(List.of(prepared.train(), prepared.test()));
    StageCheckpoints checkpoints = StageCheckpoints.in(context.run().checkpoints().resolve("reward"),
        recipe.reward().saving(), recipe.hash() + "/" + fingerprint);
    try {
      if (checkpoints.isEmpty()) {
        if (context.run().continued()) {
          context.metrics().rewind(Set.of("reward_lm"), 0);
          context.metrics().rewind(RewardMetrics.stages(prepared.testByPart().keySet()), 0);
        }
        if (recipe.reward().lmEpochs() > 0) {
          Compute.exclusive(() -> LanguageWarmup.run(context, start,
              Batches.views(prepared.train(), example -> example.steps().tokens())));
        }
      }
    } catch (RuntimeException e) {
      start.close();
      throw e;
    }
    double headDeviation = recipe.reward().headInit().standardDeviation(start.backbone().config().hiddenSize());
    try (ScalarModel model = ScalarModel.withNewHead(start, headDeviation, recipe.seed())) {
      List<String> notes = new ArrayList<>(prepared.notes());
      Map<String, StepEvaluation> byPart = new LinkedHashMap<>();
      StepEvaluation measured = Compute.exclusive(() -> train(model, prepared, checkpoints, byPart, notes));
      RewardCheckpoint.describe(model, recipe.reward(), fingerprint);
      AtomicFiles.writeDirectory(target,
          directory -> ProcessCheckpoint.save(model, tokenizer, recipe.reward().steps(), directory));
      checkpoints.clear();
      return new ProcessReport(measured, byPart, prepared.train().size(), notes);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + target, e);
    }
  }

  /** @param byPart takes what the final weights make of the parts */
  private StepEvaluation train(ScalarModel model, Prepared prepared, StageCheckpoints checkpoints,
      Map<String, StepEvaluation> byPart, List<String> notes) {
    int fitting = MicroBatches.tokens(recipe.reward().microBatch(), checkpoints,
        () -> new ProcessTrainer(model, recipe.reward(), recipe.seed()).probe(prepared.train()), notes::add);
    ProcessTrainer trainer =
        new ProcessTrainer(model, recipe.reward().withMicroBatchTokens(fitting), recipe.seed());
    try (Progress progress = Progress.start("reward", trainer.totalSteps(prepared.train()))) {
      ProcessMetrics metrics = new ProcessMetrics(context.metrics(), progress, recipe.reward().loggingSteps(),
          prepared.testByPart().keySet());
      StepEvaluation measured =
          trainer.train(prepared.train(), prepared.test(), prepared.testByPart(), metrics, checkpoints);
      byPart.putAll(metrics.lastByPart());
      return measured;
    }
  }
}
