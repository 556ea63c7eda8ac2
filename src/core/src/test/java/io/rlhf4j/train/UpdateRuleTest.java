package io.rlhf4j.train;

import static io.rlhf4j.train.Golden.floats;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.config.OptimizerType;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Golden values: {@code src/benchmarks/golden/optimizers.py}. */
class UpdateRuleTest {

  private static final JsonNode GOLDEN = Golden.read("optimizers.json");
  private static final double LEARNING_RATE = GOLDEN.get("learningRate").doubleValue();
  private static final double DECAY = GOLDEN.get("weightDecay").doubleValue();

  @ParameterizedTest
  @CsvSource({"SGD, 0, sgd", "SGD, 0.9, sgd momentum", "RMSPROP, 0, rmsprop", "RMSPROP, 0.9, rmsprop momentum",
      "ADAGRAD, 0, adagrad", "ADAFACTOR, 0, adafactor", "LION, 0, lion_32bit"})
  void fiveStepsAgreeWithTheirPeer(OptimizerType type, double momentum, String golden) {
    try (MemoryScope memory = MemoryScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      for (int i = 0; i < GOLDEN.get("start").size(); i++) {
        long[] shape = longs(GOLDEN.get("shapes").get(i));
        weights.put("w" + i, Tensor.of(floats(GOLDEN.get("start").get(i)), shape));
      }
      try (Optimizer optimizer = new Optimizer(weights, options(type, momentum))) {
        for (int step = 0; step < GOLDEN.get("gradients").size(); step++) {
          for (int i = 0; i < weights.size(); i++) {
            addGradient(weights.get("w" + i), floats(GOLDEN.get("gradients").get(step).get(i)));
          }

          optimizer.step(LEARNING_RATE);

          for (int i = 0; i < weights.size(); i++) {
            assertThat(weights.get("w" + i).toFloats()).as("step %d, weight %d", step, i)
                .containsExactly(floats(GOLDEN.get(golden).get(step).get(i)), within(3e-6f));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"ADAMW_8BIT, adamw_8bit", "LION_8BIT, lion_8bit"})
  void eightBitsAgreeWithBitsandbytes(OptimizerType type, String golden) {
    try (MemoryScope memory = MemoryScope.open()) {
      Tensor weight = Tensor.of(exact(6000, 1000, 1), 20, 300);
      try (Optimizer optimizer = new Optimizer(Map.of("w", weight), options(type, 0))) {
        int measured = 0;
        for (int step = 0; step < 6; step++) {
          addGradient(weight, exact(6000, 7, step + 2));
          optimizer.step(LEARNING_RATE);
          if (step == 0 || step == 1 || step == 5) {
            float[] expected = floats(GOLDEN.get(golden).get(measured++));
            float[] values = weight.toFloats();
            for (int i = 0; i < expected.length; i++) {
              assertThat(values[23 * i]).as("step %d, element %d", step, 23 * i).isCloseTo(expected[i], within(3e-6f));
            }
          }
        }
      }
    }
  }

  @Test
  void momentsInEightBitsTakeAQuarterOfTheMemory() {
    try (MemoryScope memory = MemoryScope.open()) {
      Map<String, Tensor> weights = Map.of("w", Tensor.zeros(100, 300));
      assertThat(stateBytes(weights, OptimizerType.ADAMW)).isEqualTo(2 * 4 * 30_000 + 4);
      // 118 blocks of 256 codes and a scale.
      assertThat(stateBytes(weights, OptimizerType.ADAMW_8BIT)).isEqualTo(2 * 118 * 260 + 4);
      assertThat(stateBytes(weights, OptimizerType.LION_8BIT)).isEqualTo(118 * 260);
      assertThat(stateBytes(weights, OptimizerType.ADAFACTOR)).isEqualTo(4 * (100 + 300) + 4);
      assertThat(stateBytes(weights, OptimizerType.SGD)).isZero();
    }
  }

  @Test
  void smallWeightsAndEmbeddingsKeepTheirMomentsInFp32() {
    try (MemoryScope memory = MemoryScope.open()) {
      assertThat(stateBytes(Map.of("w", Tensor.zeros(63, 65)), OptimizerType.ADAMW_8BIT)).isEqualTo(8 * 4095 + 4);
      assertThat(stateBytes(Map.of("model.embed_tokens.weight", Tensor.zeros(100, 300)), OptimizerType.ADAMW_8BIT))
          .isEqualTo(8 * 30_000 + 4);
    }
  }

  /** The block's largest gradient is 1: this one's square, times the 0.05 that goes in, has no level but zero. */
  @Test
  void aTinySecondMomentIsNeverKeptAsZero() {
    try (MemoryScope memory = MemoryScope.open()) {
      float[] gradient = new float[4096];
      gradient[0] = 1;
      gradient[1] = 3e-4f;
      Tensor weight = Tensor.zeros(64, 64);
      try (Optimizer optimizer = new Optimizer(Map.of("w", weight), options(OptimizerType.ADAMW_8BIT, 0))) {
        addGradient(weight, gradient);
        optimizer.step(0.1);
        addGradient(weight, new float[4096]);
        optimizer.step(0.1);
      }
      // Adam's first step is the learning rate; the second, without a gradient, is smaller.
      assertThat(Math.abs(weight.toFloats()[1])).isBetween(0.1f, 0.2f);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRestoredOptimizerContinuesAsIfItHadNotStopped(OptimizerType type, @TempDir Path folder) {
    double momentum = type == OptimizerType.SGD || type == OptimizerType.RMSPROP ? 0.9 : 0;
    Path file = folder.resolve("optimizer.safetensors");
    try (MemoryScope memory = MemoryScope.open()) {
      Map<String, Tensor> through = weights();
      Map<String, Tensor> stopped = weights();
      try (Optimizer optimizer = new Optimizer(through, options(type, momentum))) {
        steps(optimizer, through, 0, 4);
      }
      try (Optimizer first = new Optimizer(stopped, options(type, momentum))) {
        steps(first, stopped, 0, 2);
        first.save(file);
      }
      try (Optimizer second = new Optimizer(stopped, options(type, momentum))) {
        second.load(file);
        steps(second, stopped, 2, 4);
      }
      through.forEach((name, weight) -> assertThat(stopped.get(name).toFloats()).isEqualTo(weight.toFloats()));
    }
  }

  @ParameterizedTest
  @EnumSource
  void closingFreesWhatIsRemembered(OptimizerType type) {
    try (MemoryScope memory = MemoryScope.open()) {
      Map<String, Tensor> weights = weights();
      steps(weights, type);
      long before = Tensor.liveCount();
      steps(weights, type);
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  private static void steps(Map<String, Tensor> weights, OptimizerType type) {
    try (Optimizer optimizer = new Optimizer(weights, options(type, 0))) {
      steps(optimizer, weights, 0, 1);
    }
  }

  private static Map<String, Tensor> weights() {
    return new LinkedHashMap<>(
        Map.of("matrix", Tensor.of(exact(6000, 1000, 1), 20, 300), "vector", Tensor.of(exact(5, 1, 3), 5)));
  }

  private static void steps(Optimizer optimizer, Map<String, Tensor> weights, int from, int to) {
    for (int step = from; step < to; step++) {
      int shift = step;
      weights.values()
          .forEach(weight -> addGradient(weight, exact(Math.toIntExact(weight.count()), 7, shift + 2)));
      optimizer.step(0.1);
    }
  }

  private static long stateBytes(Map<String, Tensor> weights, OptimizerType type) {
    try (Optimizer optimizer = new Optimizer(weights, options(type, 0))) {
      return optimizer.stateBytes();
    }
  }

  /** As in the script. */
  private static float[] exact(int count, int stretch, int shift) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      long one = (i * 7919L + shift * 104_729L) % 2003 - 1001;
      values[i] = one / 1024f / (1 << i / stretch % 8);
    }
    return values;
  }

  private static long[] longs(JsonNode array) {
    long[] result = new long[array.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = array.get(i).asLong();
    }
    return result;
  }

  private static void addGradient(Tensor weight, float[] gradient) {
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Kernels.tensor("scale", weight, 1.0).backward(Tensor.of(gradient, weight.shape()));
    }
  }

  private static OptimizerConfig options(OptimizerType type, double momentum) {
    return new OptimizerConfig(type, LEARNING_RATE, LearningRateSchedule.Shape.CONSTANT, 0, 0, 0, 1, DECAY, 0.9, 0.95,
        1e-8, momentum, 0);
  }
}
