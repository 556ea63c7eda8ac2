package io.rlhf4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.config.Strategy;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageCheckpointsTest {

  private static final OptimizerConfig OPTIMIZER =
      RecipeConfig.parse("sft: {learning_rate: 0.1, weight_decay: 0.1}").sft()
          .optimizer();
  private static final SaveConfig EVERY_THIRD = new SaveConfig(Strategy.STEPS, 3, 1, 1);

  @TempDir
  private Path directory;

  @Test
  void goingOnGivesTheBytesOfGoingThrough() {
    float[] through = train(StageCheckpoints.none(), 8);

    train(StageCheckpoints.in(directory, EVERY_THIRD, "data"), 5);
    float[] resumed = train(StageCheckpoints.in(directory, EVERY_THIRD, "data"), 8);

    assertThat(resumed).containsExactly(through);
    try (MemoryScope ignored = MemoryScope.open(); Optimizer optimizer = new Optimizer(weights(), OPTIMIZER)) {
      StageCheckpoints.Position last =
          StageCheckpoints.in(directory, EVERY_THIRD, "data").restore(weights(), optimizer);
      assertThat(last.step()).isEqualTo(6);
      assertThat(last.notes()).isEqualTo(JsonNodeFactory.instance.objectNode().put("note", 60));
    }
  }

  @Test
  void otherDataIsRefused() {
    train(StageCheckpoints.in(directory, EVERY_THIRD, "data"), 5);
    assertThatThrownBy(() -> train(StageCheckpoints.in(directory, EVERY_THIRD, "other"), 8))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("step-000000000003: belongs to other data or settings");
  }

  /** Checkpoints after 2, 4 and 6 steps; the last is the end as well and counts once. */
  @Test
  void theResultIsTheMeanOfTheLastStates() {
    SaveConfig save = new SaveConfig(Strategy.STEPS, 2, 3, 3);
    float[] after2 = train(StageCheckpoints.none(), 2);
    float[] after4 = train(StageCheckpoints.none(), 4);
    float[] after6 = train(StageCheckpoints.none(), 6);

    float[] mean = averaged(StageCheckpoints.in(directory, save, "data"), 6);

    for (int i = 0; i < mean.length; i++) {
      assertThat(mean[i]).isCloseTo((after2[i] + after4[i] + after6[i]) / 3, offset(1e-6f));
    }
    assertThat(averaged(StageCheckpoints.in(directory, save, "data"), 6)).as("resumed").containsExactly(mean);
    assertThat(averaged(StageCheckpoints.in(directory.resolve("one"), EVERY_THIRD, "data"), 6)).containsExactly(after6);
  }

  @Test
  void whatIsNotKeptCannotBeAveraged() {
    assertThatThrownBy(() -> RecipeConfig.parse("sft: {average_checkpoints: 3}")).isInstanceOf(InputException.class)
        .hasMessageContaining("sft.average_checkpoints: is 3, must be at most save_total_limit (2)");
    assertThatThrownBy(() -> RecipeConfig.parse("sft: {average_checkpoints: 2, save_strategy: no}"))
        .isInstanceOf(InputException.class).hasMessageContaining("must be 1 with save_strategy no");
  }

  @Test
  void epochsDecideWhereTheyAreAskedFor() {
    SaveConfig epochs = new SaveConfig(Strategy.EPOCH, 500, 2, 1);
    assertThat(epochs.savesAfter(500, false)).isFalse();
    assertThat(epochs.savesAfter(7, true)).isTrue();
    assertThat(EVERY_THIRD.savesAfter(6, false)).isTrue();
    assertThat(EVERY_THIRD.savesAfter(7, true)).isFalse();
    assertThat(SaveConfig.never().savesAfter(1, true)).isFalse();
  }

  /** Steps 1 to {@code steps} of a descent whose gradient depends on the weights and the step's number. */
  private static float[] train(StageCheckpoints checkpoints, int steps) {
    return train(checkpoints, steps, weights -> {});
  }

  private static float[] averaged(StageCheckpoints checkpoints, int steps) {
    return train(checkpoints, steps, weights -> checkpoints.average(steps, weights));
  }

  private static float[] train(StageCheckpoints checkpoints, int steps, Consumer<Map<String, Tensor>> end) {
    try (MemoryScope ignored = MemoryScope.open()) {
      Map<String, Tensor> weights = weights();
      Tensor weight = weights.get("w");
      try (Optimizer optimizer = new Optimizer(weights, OPTIMIZER)) {
        for (int step = checkpoints.restore(weights, optimizer).step() + 1; step <= steps; step++) {
          try (MemoryScope inner = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
            Tensor target = Tensor.of(new float[] {step, -step, 0.1f * step, 2}, 2, 2);
            Kernels.tensors("value_loss", weight, target, target, 0.0, 4.0).getFirst().backward();
          }
          optimizer.step(0.1 / step);
          int done = step;
          checkpoints.stepped(step, false, weights, optimizer,
              () -> JsonNodeFactory.instance.objectNode().put("note", 10 * done));
        }
      }
      end.accept(weights);
      return weight.toFloats();
    }
  }

  private static Map<String, Tensor> weights() {
    return Map.of("w", Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
  }

  @Test
  void aChoiceIsMadeOnce(@TempDir Path directory) {
    StageCheckpoints checkpoints = StageCheckpoints.in(directory.resolve("sft"), SaveConfig.never(), "data");
    assertThat(checkpoints.settled("micro_batch_tokens", () -> 512)).isEqualTo(512);
    StageCheckpoints again = StageCheckpoints.in(directory.resolve("sft"), SaveConfig.never(), "data");
    assertThat(again.settled("micro_batch_tokens", () -> 64)).isEqualTo(512);
    again.clear();
    assertThat(directory).isEmptyDirectory();
    assertThat(again.settled("micro_batch_tokens", () -> 64)).isEqualTo(64);
    assertThat(StageCheckpoints.none().settled("micro_batch_tokens", () -> 8)).isEqualTo(8);
  }
}
