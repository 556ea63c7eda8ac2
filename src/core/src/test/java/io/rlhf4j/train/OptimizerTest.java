package io.rlhf4j.train;

import static io.rlhf4j.train.Golden.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.OptimizerType;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OptimizerTest {

  @Test
  void fiveStepsAgreeWithTorch() {
    JsonNode golden = Golden.read("losses.json").get("adamw");
    try (MemoryScope memory = MemoryScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      for (int i = 0; i < golden.get("shapes").size(); i++) {
        // Golden weight decay acts on all three, so all are matrices here: one more dimension changes no number.
        float[] start = floats(golden.get("start").get(i));
        weights.put("w" + i, Tensor.of(start, 1, start.length));
      }
      try (Optimizer optimizer = new Optimizer(weights, options(golden))) {
        for (JsonNode step : golden.get("steps")) {
          for (int i = 0; i < weights.size(); i++) {
            addGradient(weights.get("w" + i), floats(step.get("gradients").get(i)));
          }

          Optimizer.Update update = optimizer.step(golden.get("learningRate").doubleValue());

          assertThat(update.applied()).isTrue();
          assertThat(update.gradientNorm()).isCloseTo(step.get("norm").doubleValue(), within(1e-5));
          for (int i = 0; i < weights.size(); i++) {
            assertThat(weights.get("w" + i).toFloats())
                .containsExactly(floats(step.get("parameters").get(i)), within(2e-6f));
          }
        }
      }
    }
  }

  @Test
  void onlyMatricesDecay() {
    try (MemoryScope memory = MemoryScope.open()) {
      Tensor matrix = Tensor.of(new float[] {1}, 1, 1);
      Tensor vector = Tensor.of(new float[] {1}, 1);
      try (Optimizer optimizer = new Optimizer(Map.of("matrix", matrix, "vector", vector), options(0.5, 0))) {
        addGradient(matrix, new float[] {0});
        addGradient(vector, new float[] {0});
        optimizer.step(0.1);
      }
      assertThat(matrix.toFloats()).containsExactly(0.95f);
      assertThat(vector.toFloats()).containsExactly(1f);
    }
  }

  /** A gradient as small as epsilon is half of g / (|g| + epsilon); without the correction first it would be 0.18. */
  @Test
  void epsilonIsAddedAfterTheBiasCorrection() {
    try (MemoryScope memory = MemoryScope.open()) {
      Tensor weight = Tensor.of(new float[] {1}, 1);
      try (Optimizer optimizer = new Optimizer(Map.of("w", weight), options(0, 0))) {
        addGradient(weight, new float[] {1e-8f});
        optimizer.step(0.1);
      }
      assertThat(weight.toFloats()).containsExactly(new float[] {0.95f}, within(1e-4f));
    }
  }

  @Test
  void aGradientThatIsNotFiniteChangesNothingAndIsForgotten() {
    try (MemoryScope memory = MemoryScope.open()) {
      Tensor weight = Tensor.of(new float[] {1, 2}, 2);
      try (Optimizer optimizer = new Optimizer(Map.of("w", weight), options(0, 1))) {
        addGradient(weight, new float[] {Float.NaN, 1});
        assertThat(optimizer.step(0.1).applied()).isFalse();
        assertThat(optimizer.skippedSteps()).isEqualTo(1);
        assertThat(weight.toFloats()).containsExactly(1, 2);

        addGradient(weight, new float[] {3, 4});
        Optimizer.Update update = optimizer.step(0.1);
        assertThat(update.applied()).isTrue();
        assertThat(update.gradientNorm()).isEqualTo(5);
        // Adam's first step is the learning rate times the sign of the gradient.
        assertThat(weight.toFloats()).containsExactly(new float[] {0.9f, 1.9f}, within(1e-6f));
      }
    }
  }

  @Test
  void aRestoredOptimizerContinuesAsIfItHadNotStopped(@TempDir Path folder) {
    Path file = folder.resolve("optimizer.safetensors");
    try (MemoryScope memory = MemoryScope.open()) {
      Tensor through = Tensor.of(new float[] {1, 2}, 2);
      Tensor stopped = Tensor.of(new float[] {1, 2}, 2);
      try (Optimizer optimizer = new Optimizer(Map.of("w", through), options(0.1, 1))) {
        List.of(1f, -2f, 0.5f, 3f).forEach(gradient -> stepWith(optimizer, through, gradient));
      }
      try (Optimizer first = new Optimizer(Map.of("w", stopped), options(0.1, 1))) {
        List.of(1f, -2f).forEach(gradient -> stepWith(first, stopped, gradient));
        SafetensorsWriter.write(file, first.state(), StoredType.F32, Map.of());
      }
      try (Optimizer second = new Optimizer(Map.of("w", stopped), options(0.1, 1));
          ModelWeights checkpoint = ModelWeights.open(file)) {
        second.restore(checkpoint);
        List.of(0.5f, 3f).forEach(gradient -> stepWith(second, stopped, gradient));
      }
      assertThat(stopped.toFloats()).isEqualTo(through.toFloats());
    }
  }

  @Test
  void theStateOfAnotherModelIsRefused(@TempDir Path folder) {
    Path file = folder.resolve("optimizer.safetensors");
    try (MemoryScope memory = MemoryScope.open();
        Optimizer other = new Optimizer(Map.of("w", Tensor.zeros(3)), options(0, 1));
        Optimizer optimizer = new Optimizer(Map.of("w", Tensor.zeros(2)), options(0, 1))) {
      SafetensorsWriter.write(file, other.state(), StoredType.F32, Map.of());
      try (ModelWeights checkpoint = ModelWeights.open(file)) {
        assertThatThrownBy(() -> optimizer.restore(checkpoint)).isInstanceOf(InputException.class)
            .hasMessage(file + ": tensor first.w.shape: [3], expected [2]");
      }
    }
  }

  @Test
  void aStepInsideAGradientScopeRecordsNothing() {
    try (MemoryScope memory = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Tensor weight = Tensor.of(new float[] {1, 2}, 2);
      try (Optimizer optimizer = new Optimizer(Map.of("w", weight), options(0, 0))) {
        stepWith(optimizer, weight, 1);
        assertThat(weight.toFloats()).containsExactly(new float[] {0.9f, 2.1f}, within(1e-6f));
      }
    }
  }

  private static void stepWith(Optimizer optimizer, Tensor weight, float gradient) {
    addGradient(weight, new float[] {gradient, -gradient});
    optimizer.step(0.1);
  }

  @Test
  void aWeightOutsideTheLossIsNamed() {
    try (MemoryScope memory = MemoryScope.open();
        Optimizer optimizer = new Optimizer(Map.of("lonely", Tensor.zeros(2)), options(0, 1))) {
      assertThatThrownBy(() -> optimizer.step(0.1)).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("weight lonely has no gradient");
    }
  }

  @Test
  void closingFreesTheMoments() {
    try (MemoryScope memory = MemoryScope.open()) {
      Tensor weight = Tensor.zeros(2, 2);
      long before = Tensor.liveCount();
      try (Optimizer optimizer = new Optimizer(Map.of("w", weight), options(0, 1))) {
        addGradient(weight, new float[] {1, 2, 3, 4});
        optimizer.step(0.1);
        assertThat(optimizer.state()).containsOnlyKeys("first.w", "second.w", "steps.w");
        assertThat(Tensor.liveCount()).isEqualTo(before + 3);
      }
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  /** Accumulates exactly {@code gradient}, as the backward of {@code sum(weight)} scaled element by element. */
  private static void addGradient(Tensor weight, float[] gradient) {
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Kernels.tensor("scale", weight, 1.0).backward(Tensor.of(gradient, weight.shape()));
    }
  }

  private static OptimizerConfig options(JsonNode golden) {
    return new OptimizerConfig(OptimizerType.ADAMW, golden.get("learningRate").doubleValue(),
        LearningRateSchedule.Shape.CONSTANT, 0, 0, 0, 1,
        golden.get("weightDecay").doubleValue(), golden.get("beta1").doubleValue(), golden.get("beta2").doubleValue(),
        golden.get("epsilon").doubleValue(), 0, golden.get("maxNorm").doubleValue());
  }

  private static OptimizerConfig options(double weightDecay, double maxNorm) {
    return new OptimizerConfig(OptimizerType.ADAMW, 0.1, LearningRateSchedule.Shape.CONSTANT, 0, 0, 0, 1, weightDecay,
        0.9, 0.95, 1e-8, 0, maxNorm);
  }
}
