package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.telemetry.PeakMemory;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
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

  /** In a process of its own: what other tests freed, and their process kept, would count as not taken. */
  @Test
  @Tag("process")
  void memoryIsFarLess() throws Exception {
    assumeThat(PeakMemory.bytes()).as("the system says how much memory is held").isPresent();
    Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
        "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
        RecomputedLayersRun.class.getName()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    String[] peaks = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip().split(" ");
    assertThat(child.waitFor()).isZero();
    long inputs = Long.parseLong(peaks[0]);
    long all = Long.parseLong(peaks[1]);

    // 10 layers of at least 12 tensors of [4096, 128], 2 MiB each, against one such layer and 10 inputs.
    assertThat(all).isGreaterThan(240L << 20);
    assertThat(inputs).isLessThan(all / 2);
  }

  private static Map<String, float[]> gradients(CausalModel model) {
    return gradients(model, SEQUENCES);
  }

  static Map<String, float[]> gradients(CausalModel model, List<TokenSequence> sequences) {
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
