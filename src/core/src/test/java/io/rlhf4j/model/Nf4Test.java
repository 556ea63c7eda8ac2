package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** QLoRA. {@code golden/nf4.safetensors} is made with bitsandbytes by {@code src/benchmarks/golden/nf4.py}. */
class Nf4Test {

  private static final LlamaConfig SHAPE = new LlamaConfig(48, 64, 96, 2, 4, 2, 16, 1e-6, 10_000, 64, false);
  private static final LoraConfig LORA = new LoraConfig(4, 8, 0, List.of("all-linear"), false);
  private static final List<TokenSequence> SEQUENCES = List.of(new TokenSequence(new int[] {3, 9, 27, 4, 5, 5, 8}, 2),
      new TokenSequence(new int[] {3, 9, 11}, 2));

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void dequantisedValuesEqualBitsandbytes(int i) {
    try (SafetensorsReader golden = SafetensorsReader.open(Path.of("src/test/resources/golden/nf4.safetensors"));
        MemoryScope scope = MemoryScope.open()) {
      String name = "model.layers.0.mlp.down_proj.weight";
      try (Nf4Weights nf4 = Nf4Weights.of(Map.of(name, golden.read("weight." + i)))) {
        assertThat(nf4.names()).containsExactly(name);
        // One of the 260 scales of the first matrix lies so near to midway between two levels that the farther one is
        // taken.
        assertThat(nf4.weight(name).toFloats()).isEqualTo(golden.read("dequantised." + i).toFloats());
      }
    }
  }

  @Test
  void adaptersOnPackedWeightsEqualAdaptersOnWhatThePackedWeightsHold() {
    try (CausalModel packed = CausalModel.random(SHAPE, 0.2, 5); CausalModel plain = CausalModel.random(SHAPE, 0.2, 5);
        MemoryScope scope = MemoryScope.open()) {
      packed.backbone().quantise();
      assertThat(packed.weights().keySet()).noneMatch(name -> name.contains("_proj"));
      packed.mergedWeights().forEach((name, weight) -> Kernels.run("copy_", plain.weights().get(name), weight));
      for (CausalModel model : List.of(packed, plain)) {
        model.addAdapters(LORA, 17);
        long seed = 1;
        for (Tensor weight : model.trainedWeights().values()) {
          Kernels.run("normal_", weight, 0.2, seed++);
        }
      }
      packed.backbone().recomputeLayers(true);
      Map<String, float[]> expected = Gradients.ofTrained(plain, SEQUENCES);
      Map<String, float[]> actual = Gradients.ofTrained(packed, SEQUENCES);
      assertThat(actual.keySet()).isEqualTo(expected.keySet()).hasSize(28);
      expected.forEach((name, values) -> assertThat(actual.get(name)).as(name).containsExactly(values, within(1e-5f)));
      Map<String, Tensor> merged = plain.mergedWeights();
      packed.mergedWeights().forEach((name, weight) -> assertThat(weight.toFloats()).as(name)
          .isEqualTo(merged.get(name).toFloats()));
    }
  }

  @Test
  void whatIsSavedIsMergedAndNothingIsLeftBehind(@TempDir Path directory) {
    long before = Tensor.liveCount();
    try (CausalModel model = CausalModel.random(SHAPE, 0.2, 5)) {
      model.backbone().quantise();
      model.addAdapters(LORA, 17);
      model.save(directory);
      try (CausalModel saved = CausalModel.load(directory); MemoryScope scope = MemoryScope.open()) {
        Map<String, Tensor> merged = model.mergedWeights();
        saved.weights().forEach((name, weight) -> assertThat(weight.toFloats()).as(name)
            .isEqualTo(merged.get(name).toFloats()));
      }
      assertThatThrownBy(model::mergeAdapters).isInstanceOf(IllegalStateException.class);
    }
    assertThat(Tensor.liveCount()).isEqualTo(before);
  }

  @Test
  void bf16ProductsStayNearFp32AndWeightsStayFp32() {
    try (CausalModel model = CausalModel.random(SHAPE, 0.2, 5)) {
      model.trainable(true);
      Map<String, float[]> exact = Gradients.ofTrained(model, SEQUENCES);
      model.backbone().computeInBf16(true);
      Map<String, float[]> rounded = Gradients.ofTrained(model, SEQUENCES);
      exact.forEach((name, values) -> {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < values.length; i++) {
          error += Math.pow(values[i] - rounded.get(name)[i], 2);
          norm += Math.pow(values[i], 2);
        }
        // bf16 has 8 bits of mantissa: a relative error of 2^-9 in each factor of each of 14 products in a row.
        assertThat(Math.sqrt(error / norm)).as(name).isBetween(1e-5, 0.05);
      });
    }
  }
}
