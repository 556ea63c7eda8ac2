package io.rlhf4j.model;

import static io.rlhf4j.model.GoldenTensors.assertClose;
import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Golden files made with PEFT by {@code src/benchmarks/golden/lora.py}, which also reads back what is saved here. */
class LoraParityTest {

  private static final Path GOLDEN = Path.of("src/test/resources/golden/lora");

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "mistral", "phi3", "gpt2", "neox", "gemma2", "internlm2"})
  void outputsGradientsAndFilesEqualPeft(String name, @TempDir Path temporary) throws IOException {
    Path saved = savedFilesFor(name, temporary);
    try (CausalModel model = CausalModel.load(GOLDEN.resolve(name)); SafetensorsReader golden = golden(name);
        MemoryScope scope = MemoryScope.open()) {
      List<int[]> sequences = GoldenTensors.sequences(golden, 3);
      assertClose(logits(model, sequences), GoldenTensors.packed(golden, "logits."), 1e-5, "logits");
      model.trainable(true);
      try (GradientScope recording = GradientScope.open()) {
        List<TokenSequence> actions = sequences.stream().map(tokens -> new TokenSequence(tokens, 1)).toList();
        PackedBatch batch = PackedBatch.of(sequences);
        TokenLogProbs result = model.logProbs(model.hidden(batch), ActionRows.of(batch, actions), 1.0);
        Kernels.tensor("scale", Kernels.tensor("sum_all", result.logProbs()), -1.0).backward();
      }
      assertGradients(model, golden);
      assertOnlyAdaptersLearn(model);
      model.save(saved);
      assertSameAdapters(saved.resolve("adapter"), name);
      try (CausalModel merged = CausalModel.load(saved);
          CausalModel again = CausalModel.load(saved.resolve("adapter"))) {
        assertThat(merged.backbone().adapters()).isEmpty();
        assertClose(logits(merged, sequences), GoldenTensors.packed(golden, "logits."), 1e-5, "merged");
        assertThat(logits(again, sequences)).isEqualTo(logits(model, sequences));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2-reward", "gpt2-reward"})
  void scoresGradientsAndFilesEqualPeft(String name, @TempDir Path temporary) throws IOException {
    Path saved = savedFilesFor(name, temporary);
    try (ScalarModel model = ScalarModel.load(GOLDEN.resolve(name)); SafetensorsReader golden = golden(name);
        MemoryScope scope = MemoryScope.open()) {
      List<int[]> sequences = GoldenTensors.sequences(golden, 3);
      model.trainable(true);
      try (GradientScope recording = GradientScope.open()) {
        Tensor scores = scores(model, sequences);
        assertClose(scores.toFloats(), GoldenTensors.packed(golden, "score."), 1e-5, "scores");
        Kernels.tensor("sum_all", scores).backward();
      }
      assertGradients(model, golden);
      model.save(saved);
      assertSameAdapters(saved.resolve("adapter"), name);
      try (ScalarModel merged = ScalarModel.load(saved)) {
        assertClose(scores(merged, sequences).toFloats(), GoldenTensors.packed(golden, "score."), 1e-5, "merged");
      }
    }
  }

  /** Ours by the names of PEFT's file. */
  private static void assertGradients(LanguageModel model, SafetensorsReader golden) {
    Map<String, float[]> ours = new LinkedHashMap<>();
    model.backbone().adapters().orElseThrow().byModule().forEach((name, adapter) -> {
      ours.put(name + ".lora_A.weight", adapter.a().gradient().toFloats());
      List<Tensor> parts = adapter.b().stream().map(Tensor::gradient).toList();
      ours.put(name + ".lora_B.weight",
          Kernels.tensor("join_fused", parts, adapter.module().groups(), false).toFloats());
    });
    if (model instanceof ScalarModel) {
      ours.put("score.weight", model.weights().get("score.weight").gradient().toFloats());
    }
    String prefix = "grad.base_model.model.";
    assertThat(ours.keySet()).containsExactlyInAnyOrderElementsOf(golden.names().stream()
        .filter(name -> name.startsWith(prefix)).map(name -> name.substring(prefix.length())).toList());
    ours.forEach((name, values) -> assertClose(values, golden.read(prefix + name).toFloats(), 1e-4, name));
  }

  private static void assertOnlyAdaptersLearn(LanguageModel model) {
    model.weights().forEach((name, weight) -> {
      assertThat(weight.isLeaf()).as(name).isFalse();
      assertThat(weight.gradient()).as(name).isNull();
    });
    assertThat(model.trainedWeights().keySet()).allMatch(name -> name.contains("lora_"));
  }

  private static void assertSameAdapters(Path written, String name) {
    try (SafetensorsReader ours = SafetensorsReader.open(written.resolve("adapter_model.safetensors"));
        SafetensorsReader theirs = SafetensorsReader.open(GOLDEN.resolve(name).resolve("adapter_model.safetensors"))) {
      assertThat(ours.names()).containsExactlyInAnyOrderElementsOf(theirs.names());
      for (String tensor : theirs.names()) {
        assertThat(ours.shape(tensor)).as(tensor).isEqualTo(theirs.shape(tensor));
        assertThat(ours.read(tensor).toFloats()).as(tensor).isEqualTo(theirs.read(tensor).toFloats());
      }
    }
  }

  private static float[] logits(CausalModel model, List<int[]> sequences) {
    return model.logits(model.hidden(PackedBatch.of(sequences))).toFloats();
  }

  private static Tensor scores(ScalarModel model, List<int[]> sequences) {
    PackedBatch batch = PackedBatch.of(sequences);
    return model.scores(model.hidden(batch), Tensor.of(batch.lastRows(), sequences.size()));
  }

  /** Where to save: a temporary directory, or one that was asked for so that Python can read it. */
  private static Path savedFilesFor(String name, Path temporary) throws IOException {
    String asked = System.getProperty("rlhf4j.lora.saved");
    return Files.createDirectories((asked == null ? temporary : Path.of(asked)).resolve(name));
  }

  private static SafetensorsReader golden(String name) {
    return SafetensorsReader.open(GOLDEN.resolve(name).resolve("golden.safetensors"));
  }
}
