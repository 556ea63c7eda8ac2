package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden files made by {@code src/benchmarks/golden/tiny_llama.py} with transformers in fp32. */
class TransformersParityTest {

  private static final Offset<Float> TOLERANCE = Offset.offset(1e-4f);

  @ParameterizedTest
  @ValueSource(strings = {"llama-untied", "llama-tied"})
  void logitsEqualTransformers(String name) {
    try (CausalModel model = CausalModel.load(golden(name)); SafetensorsReader expected = expected(name);
        MemoryScope scope = MemoryScope.open()) {
      assertLogits(model, expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-untied", "llama-tied"})
  void packedGradientsEqualTransformers(String name) {
    try (CausalModel model = CausalModel.load(golden(name)); SafetensorsReader expected = expected(name);
        MemoryScope scope = MemoryScope.open()) {
      model.trainable(true);
      List<TokenSequence> sequences =
          GoldenTensors.sequences(expected, 4).stream().map(tokens -> new TokenSequence(tokens, 1)).toList();
      try (GradientScope gradients = GradientScope.open()) {
        PackedBatch batch = PackedBatch.of(sequences.stream().map(TokenSequence::tokens).toList());
        TokenLogProbs result = model.logProbs(model.hidden(batch), ActionRows.of(batch, sequences), 1.0);
        Tensor loss = Kernels.tensor("scale", Kernels.tensor("sum_all", result.logProbs()), -1.0);
        assertThat(loss.item()).isCloseTo(expected.read("loss").item(), Offset.offset(1e-3));
        loss.backward();
      }
      assertGradients(model, expected);
    }
  }

  @Test
  void scoresAndTheirGradientsEqualTransformers() {
    try (ScalarModel model = ScalarModel.load(golden("llama-reward")); SafetensorsReader expected =
        expected("llama-reward"); MemoryScope scope = MemoryScope.open()) {
      model.trainable(true);
      List<int[]> sequences = GoldenTensors.sequences(expected, 4);
      try (GradientScope gradients = GradientScope.open()) {
        PackedBatch batch = PackedBatch.of(sequences);
        Tensor scores = model.scores(model.hidden(batch), Tensor.of(batch.lastRows(), sequences.size()));
        for (int i = 0; i < sequences.size(); i++) {
          assertThat(scores.toFloats()[i]).isCloseTo((float) expected.read("score." + i).item(), TOLERANCE);
        }
        Kernels.tensor("sum_all", scores).backward();
      }
      assertGradients(model, expected);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama-untied", "llama-tied"})
  void aSavedModelReadsBackIdentically(String name, @TempDir Path directory) {
    try (CausalModel model = CausalModel.load(golden(name)); SafetensorsReader expected = expected(name);
        MemoryScope scope = MemoryScope.open()) {
      model.save(directory);
      try (CausalModel again = CausalModel.load(directory)) {
        assertThat(again.weights().keySet()).containsExactlyElementsOf(model.weights().keySet());
        model.weights().forEach((key, weight) -> assertThat(again.weights().get(key).toFloats())
            .containsExactly(weight.toFloats()));
        assertLogits(again, expected);
      }
    }
  }

  private static void assertLogits(CausalModel model, SafetensorsReader expected) {
    List<int[]> sequences = GoldenTensors.sequences(expected, 4);
    float[] logits = model.logits(model.hidden(PackedBatch.of(sequences))).toFloats();
    int at = 0;
    for (int i = 0; i < sequences.size(); i++) {
      for (float value : expected.read("logits." + i).toFloats()) {
        assertThat(logits[at++]).isCloseTo(value, TOLERANCE);
      }
    }
    assertThat(at).isEqualTo(logits.length);
  }

  private static void assertGradients(LanguageModel model, SafetensorsReader expected) {
    model.weights().forEach((name, weight) -> {
      float[] theirs = expected.read("grad." + name).toFloats();
      GoldenTensors.assertClose(weight.gradient().toFloats(), theirs, 1e-4, "the gradient of " + name);
    });
  }

  private static SafetensorsReader expected(String name) {
    return SafetensorsReader.open(golden(name).resolve("golden.safetensors"));
  }

  private static Path golden(String name) {
    return Path.of("src/test/resources/golden", name);
  }
}
