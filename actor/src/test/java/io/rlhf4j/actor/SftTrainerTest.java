package io.rlhf4j.actor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.MicroBatchConfig;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.StageCheckpoints;
import io.rlhf4j.train.StepListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SftTrainerTest {

  private static final LlamaConfig MODEL = new LlamaConfig(40, 32, 64, 2, 4, 2, 8, 1e-5, 10_000, 32, true);

  @Test
  void aRandomModelStartsNearTheUniformLossAndLearnsItsExamples() {
    List<MaskedTokens> examples = examples(16, true);
    try (CausalModel model = CausalModel.random(MODEL, 0.02, 5)) {
      SftTrainer trainer = new SftTrainer(model, config(60, 16, 10_000), 1);
      assertThat(trainer.evaluate(examples)).isCloseTo(Math.log(40), Offset.offset(0.05));
      trainer.train(examples, (step, total, tokens, metrics) -> assertThat(total).isEqualTo(60));
      assertThat(trainer.evaluate(examples)).isLessThan(0.6);
    }
  }

  @Test
  void theSizeOfMicroBatchesDoesNotMatter() {
    assertThat(embeddingAfterTraining(20)).containsExactly(embeddingAfterTraining(10_000), Offset.offset(1e-5f));
  }

  @Test
  void onlyMarkedTokensCount() {
    List<MaskedTokens> lastOnly = examples(4, false);
    try (CausalModel model = CausalModel.random(MODEL, 0.02, 5)) {
      List<Long> tokens = new ArrayList<>();
      new SftTrainer(model, config(1, 4, 10_000), 1).train(lastOnly,
          (step, total, count, metrics) -> tokens.add(count));
      assertThat(tokens).containsExactly(lastOnly.stream().mapToLong(MaskedTokens::length).sum());
      assertThat(lastOnly).allMatch(example -> example.trainedTokens() == 1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7})
  void interruptedAnywhereItEndsWithTheSameBytes(int stop, @TempDir Path directory) {
    SftConfig config = RecipeConfig.parse("sft: {learning_rate: 0.01, epochs: 2, batch_size: 4, save_steps: 2, "
        + "neftune_noise_alpha: 5}").sft();
    List<String> expected = new ArrayList<>();
    float[] undisturbed = weights(config, StageCheckpoints.none(), Integer.MAX_VALUE, expected);
    StageCheckpoints checkpoints = StageCheckpoints.in(directory, config.saving(), "sft");
    List<String> steps = new ArrayList<>();

    assertThatThrownBy(() -> weights(config, checkpoints, stop, steps)).hasMessage("stopped");

    assertThat(weights(config, checkpoints, Integer.MAX_VALUE, steps)).isEqualTo(undisturbed);
    assertThat(steps).isEqualTo(expected).hasSize(9);
  }

  /** @param steps the metrics of every step and the mean loss at the end */
  private static float[] weights(SftConfig config, StageCheckpoints checkpoints, int stop, List<String> steps) {
    try (CausalModel model = CausalModel.random(MODEL, 0.02, 5)) {
      double loss = new SftTrainer(model, config, 1).train(examples(16, true), new StepListener() {
        @Override
        public void onStep(int step, int totalSteps, long tokens, Map<String, Double> metrics) {
          steps.add(step + " " + metrics);
          if (step == stop) {
            throw new IllegalStateException("stopped");
          }
        }

        @Override
        public void onResume(int step) {
          steps.subList(step, steps.size()).clear();
        }
      }, checkpoints);
      // Without a checkpoint training begins at the beginning.
      steps.subList(0, Math.max(0, steps.size() - 8)).clear();
      steps.add("loss " + loss);
      return model.projection().toFloats();
    }
  }

  private static float[] embeddingAfterTraining(int microBatchTokens) {
    try (CausalModel model = CausalModel.random(MODEL, 0.02, 5)) {
      new SftTrainer(model, config(2, 8, microBatchTokens), 1).train(examples(16, true), (a, b, c, d) -> {});
      return model.projection().toFloats();
    }
  }

  private static SftConfig config(int epochs, int batchSize, int microBatchTokens) {
    OptimizerConfig optimizer = RecipeConfig.parse("sft: {learning_rate: 0.01}").sft().optimizer();
    return new SftConfig(epochs, 0, batchSize, MicroBatchConfig.of(microBatchTokens), false, SftConfig.Turns.ALL, 0,
        SaveConfig.never(), optimizer);
  }

  private static List<MaskedTokens> examples(int count, boolean everything) {
    Random random = new Random(9);
    List<MaskedTokens> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int[] tokens = random.ints(4 + random.nextInt(8), 0, MODEL.vocabSize()).toArray();
      boolean[] trained = new boolean[tokens.length];
      for (int t = 0; t < tokens.length; t++) {
        trained[t] = everything || t == tokens.length - 1;
      }
      examples.add(new MaskedTokens(tokens, trained));
    }
    return examples;
  }
}
