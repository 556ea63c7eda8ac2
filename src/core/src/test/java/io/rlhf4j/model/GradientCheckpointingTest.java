package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.telemetry.PeakMemory;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Layers that are computed again in backward. */
class GradientCheckpointingTest {

  private static final List<TokenSequence> SEQUENCES = List.of(new TokenSequence(new int[] {3, 9, 27, 4, 5, 5, 8}, 2),
      new TokenSequence(new int[] {3, 9, 11}, 2), new TokenSequence(new int[] {7, 30, 1, 0, 12, 22}, 1));

  @ParameterizedTest
  @ValueSource(strings = {"mistral", "gemma2", "gpt2", "neox", "qwen3"})
  void gradientsAreTheSame(String family) {
    try (CausalModel model = CausalModel.load(Path.of("src/test/resources/golden/families", family))) {
      model.trainable(true);
      Map<String, float[]> plain = gradients(model);
      model.backbone().recomputeLayers(true);
      Map<String, float[]> again = gradients(model);
      assertThat(again.keySet()).isEqualTo(plain.keySet());
      plain.forEach((name, values) -> assertThat(again.get(name)).as(name).isEqualTo(values));
    }
  }

  @Test
  void nothingIsLeftBehind() {
    try (CausalModel model = CausalModel.load(Path.of("src/test/resources/golden/families/mistral"))) {
      model.trainable(true);
      model.backbone().recomputeLayers(true);
      gradients(model);
      long before = Tensor.liveCount();
      gradients(model);
      try (MemoryScope scope = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        model.hidden(PackedBatch.sharingPrompts(SEQUENCES));
      }
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  @Test
  void memoryIsFarLess() {
    assumeThat(PeakMemory.bytes()).as("the system says how much memory is held").isPresent();
    LlamaConfig shape = new LlamaConfig(64, 128, 352, 10, 4, 4, 32, 1e-5, 10_000, 512, true);
    try (CausalModel model = CausalModel.random(shape, 0.02, 1)) {
      model.trainable(true);
      Random random = new Random(1);
      List<TokenSequence> sequences = random.ints(16, 0, 64)
          .mapToObj(i -> new TokenSequence(random.ints(256, 0, 64).toArray(), 1)).toList();
      long before = PeakMemory.residentBytes().orElseThrow();
      model.backbone().recomputeLayers(true);
      long inputs = peak(model, sequences) - before;
      model.backbone().recomputeLayers(false);
      long all = peak(model, sequences) - before;
      // 10 layers of at least 20 tensors of [4096, 128], 2 MiB each, against one such layer and 10 inputs.
      assertThat(all).isGreaterThan(400L << 20);
      assertThat(inputs).isLessThan(all / 2);
    }
  }

  private static long peak(CausalModel model, List<TokenSequence> sequences) {
    PeakMemory.restart();
    gradients(model, sequences);
    return PeakMemory.bytes().orElseThrow();
  }

  private static Map<String, float[]> gradients(CausalModel model) {
    return gradients(model, SEQUENCES);
  }

  private static Map<String, float[]> gradients(CausalModel model, List<TokenSequence> sequences) {
    try (MemoryScope scope = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
      PackedBatch batch = PackedBatch.sharingPrompts(sequences);
      TokenLogProbs result = model.logProbs(model.hidden(batch), ActionRows.of(batch, sequences), 1);
      Kernels.tensor("sum_all", result.logProbs()).backward();
      Map<String, float[]> gradients = new LinkedHashMap<>();
      model.weights().forEach((name, weight) -> {
        gradients.put(name, weight.gradient().toFloats());
        Kernels.run("fill_", weight.gradient(), 0.0);
      });
      return gradients;
    }
  }
}
