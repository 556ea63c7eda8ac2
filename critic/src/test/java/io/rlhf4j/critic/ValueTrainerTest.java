package io.rlhf4j.critic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.TinyRun;
import io.rlhf4j.train.TinyRun.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValueTrainerTest {

  @TempDir
  private Path directory;

  @BeforeEach
  void saveBackbone() throws IOException {
    Files.createDirectories(directory);
    try (CausalModel policy = TinyRun.policy()) {
      policy.save(directory);
    }
  }

  @Test
  void aValueBelongsToTheStateBeforeItsAction() {
    try (ScalarModel model = critic(); ValueTrainer trainer = trainer(model, Settings.ONE_UPDATE)) {
      float[] values = trainer.values(List.of(TokenSequence.of(new int[] {1, 2, 3}, new int[] {4, 5, 6}))).getFirst();
      float[] lastChanged =
          trainer.values(List.of(TokenSequence.of(new int[] {1, 2, 3}, new int[] {4, 5, 7}))).getFirst();
      float[] secondChanged =
          trainer.values(List.of(TokenSequence.of(new int[] {1, 2, 3}, new int[] {4, 9, 6}))).getFirst();

      assertThat(values).hasSize(3);
      // The last action cannot be seen by any value; the second only by the third.
      assertThat(lastChanged).containsExactly(values, within(1e-6f));
      assertThat(Arrays.copyOf(secondChanged, 2)).containsExactly(Arrays.copyOf(values, 2), within(1e-6f));
      assertThat(Math.abs(secondChanged[2] - values[2])).isGreaterThan(1e-3f);
    }
  }

  @Test
  void packingDoesNotChangeValues() {
    List<TokenSequence> sequences = TinyRun.rollouts(6, 9).stream().map(Rollout::sequence).toList();
    try (ScalarModel model = critic(); ValueTrainer trainer = trainer(model, Settings.ONE_UPDATE)) {
      List<float[]> together = trainer.values(sequences);
      for (int i = 0; i < sequences.size(); i++) {
        assertThat(trainer.values(sequences.subList(i, i + 1)).getFirst())
            .containsExactly(together.get(i), within(1e-5f));
      }
    }
  }

  @Test
  void valuesApproachTheReturns() {
    Settings settings = new Settings(1, 4, 16_384, 1, 1e-2, 0, null);
    try (ScalarModel model = critic(); ValueTrainer trainer = trainer(model, settings)) {
      List<Map<String, Double>> metrics = new ArrayList<>();
      for (int step = 0; step < 60; step++) {
        metrics.add(trainer.update(step, experience(trainer)));
      }

      assertThat(metrics.getLast().get("value_loss")).isLessThan(0.1 * metrics.getFirst().get("value_loss"));
      assertThat(metrics.getLast().get("value_explained_variance")).isGreaterThan(0.8);
      assertThat(metrics.getFirst().keySet()).containsExactly("value_loss", "value_clip_fraction",
          "value_explained_variance", "value_grad_norm", "value_learning_rate", "value_skipped_updates");
    }
  }

  @Test
  void microBatchesDoNotChangeTheLossOrTheGradientNorm() {
    try (ScalarModel whole = critic(); ScalarModel parts = critic();
        ValueTrainer one = trainer(whole, Settings.ONE_UPDATE);
        ValueTrainer many = trainer(parts, Settings.ONE_UPDATE.withMicroBatchTokens(1))) {
      Map<String, Double> expected = one.update(0, experience(one));
      Map<String, Double> actual = many.update(0, experience(many));

      assertThat(actual.get("value_loss")).isCloseTo(expected.get("value_loss"), within(1e-5));
      assertThat(actual.get("value_grad_norm"))
          .isCloseTo(expected.get("value_grad_norm"), within(1e-5 * expected.get("value_grad_norm")));
    }
  }

  @Test
  void anUpdateLeavesNoTensorsBehind() {
    try (ScalarModel model = critic(); ValueTrainer trainer = trainer(model, Settings.ONE_UPDATE)) {
      List<Experience> batch = experience(trainer);
      long before = Tensor.liveCount();
      trainer.update(0, batch);
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  private ScalarModel critic() {
    return ScalarModel.withNewHead(directory, 0.1, 3);
  }

  private static ValueTrainer trainer(ScalarModel model, Settings settings) {
    return new ValueTrainer(model, settings.config(), 5);
  }

  /** The return is the parity of the token before the action: a function of the state alone. */
  private static List<Experience> experience(ValueTrainer trainer) {
    List<Rollout> rollouts = TinyRun.rollouts(8, 21);
    List<float[]> old = trainer.values(rollouts.stream().map(Rollout::sequence).toList());
    List<Experience> batch = new ArrayList<>();
    for (int i = 0; i < rollouts.size(); i++) {
      TokenSequence sequence = rollouts.get(i).sequence();
      int n = sequence.responseLength();
      float[] returns = new float[n];
      for (int t = 0; t < n; t++) {
        returns[t] = sequence.tokens()[sequence.promptLength() - 1 + t] % 2 == 0 ? 1 : -1;
      }
      batch.add(new Experience(rollouts.get(i), new float[n], old.get(i), new float[n], returns));
    }
    return batch;
  }
}
