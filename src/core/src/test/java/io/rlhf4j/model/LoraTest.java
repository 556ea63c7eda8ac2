package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraConfig;
import io.rlhf4j.generate.RolloutGenerator;
import io.rlhf4j.generate.TurnEnd;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.ResponseLogProbs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link LoraParityTest} does not compare with PEFT. */
class LoraTest {

  private static final LlamaConfig SHAPE = new LlamaConfig(48, 16, 24, 2, 4, 2, 4, 1e-6, 10_000, 64, true);
  private static final List<TokenSequence> SEQUENCES = List.of(new TokenSequence(new int[] {3, 9, 27, 4, 5, 5, 8}, 2),
      new TokenSequence(new int[] {3, 9, 11}, 2));

  @Test
  void freshAdaptersChangeNothingAndStartAsPeftDraws() {
    try (CausalModel model = CausalModel.random(SHAPE, 0.3, 5)) {
      float[] before = logProbs(model);
      model.addAdapters(config(0), 17);
      assertThat(logProbs(model)).isEqualTo(before);
      Map<String, Tensor> weights = model.trainedWeights();
      assertThat(weights).hasSize(2 * 2 * 7);
      float[] a = weights.get("model.layers.0.mlp.down_proj.lora_A.weight").toFloats();
      double largest = 0;
      double squares = 0;
      for (float value : a) {
        largest = Math.max(largest, Math.abs(value));
        squares += value * value;
      }
      double bound = 1 / Math.sqrt(24);
      assertThat(largest).isBetween(0.9 * bound, bound);
      assertThat(squares / a.length).isCloseTo(bound * bound / 3, within(0.2 * bound * bound));
    }
  }

  @Test
  void generationAndMergedWeightsFollowTheAdapters() {
    try (CausalModel model = CausalModel.random(SHAPE, 0.3, 5)) {
      float[] before = logProbs(model);
      model.addAdapters(config(0), 17);
      scramble(model);
      float[] adapted = logProbs(model);
      assertThat(largestDifference(before, adapted)).isGreaterThan(0.01);
      List<Rollout> rollouts = new ArrayList<>();
      new RolloutGenerator(2).generate(model, 0, 0, List.of(new PromptRequest(1, new int[] {5, 9, 14})),
          new SamplingOptions(1, 1, 0, 0, 12, 2, 17), TurnEnd.ofTokens(), rollouts::add);
      for (Rollout rollout : rollouts) {
        assertThat(ResponseLogProbs.of(model, List.of(rollout.sequence()), 1, 100).getFirst())
            .containsExactly(rollout.behaviourLogProbs(), within(2e-5f));
      }
      model.mergeAdapters();
      assertThat(logProbs(model)).containsExactly(adapted, within(2e-5f));
      assertThat(model.trainedWeights().keySet()).isEqualTo(model.weights().keySet());
    }
  }

  @Test
  void withoutItsAdaptersAModelIsWhatItWas() {
    try (CausalModel model = CausalModel.random(SHAPE, 0.3, 5)) {
      float[] before = logProbs(model);
      long tensors = Tensor.liveCount();
      model.addAdapters(config(0), 17);
      scramble(model);
      model.removeAdapters();
      assertThat(logProbs(model)).isEqualTo(before);
      assertThat(Tensor.liveCount()).isEqualTo(tensors);
    }
  }

  @Test
  void dropoutIsTheSameWhenALayerIsComputedAgainAndAbsentWhereNothingLearns() {
    try (CausalModel plain = CausalModel.random(SHAPE, 0.3, 5); CausalModel again = CausalModel.random(SHAPE, 0.3, 5);
        CausalModel kept = CausalModel.random(SHAPE, 0.3, 5)) {
      again.backbone().recomputeLayers(true);
      List<CausalModel> models = List.of(plain, again, kept);
      for (CausalModel model : models) {
        model.addAdapters(config(model == kept ? 0 : 0.5), 17);
        scramble(model);
      }
      assertThat(logProbs(plain)).isEqualTo(logProbs(kept));
      List<Map<String, float[]>> gradients = models.stream()
          .map(model -> Gradients.ofTrained(model, SEQUENCES)).toList();
      gradients.get(0).forEach((name, values) -> assertThat(gradients.get(1).get(name)).as(name).isEqualTo(values));
      String name = "model.layers.0.mlp.down_proj.lora_A.weight";
      assertThat(largestDifference(gradients.get(0).get(name), gradients.get(2).get(name))).isGreaterThan(1e-3);
      float[] otherMask = Gradients.ofTrained(plain, SEQUENCES).get(name);
      assertThat(largestDifference(gradients.get(0).get(name), otherMask)).as("another mask")
          .isGreaterThan(1e-3);
    }
  }

  @Test
  void dropoutKeepsTheRightShareAndTheMean() {
    try (MemoryScope scope = MemoryScope.open()) {
      float[] ones = new float[100_000];
      Arrays.fill(ones, 1);
      float[] dropped = Kernels.tensor("dropped", Tensor.of(ones, 1000, 100), 0.3, 12_345).toFloats();
      int zeros = 0;
      for (float value : dropped) {
        zeros += value == 0 ? 1 : 0;
        assertThat(value).isIn(0f, 1 / 0.7f);
      }
      // Five standard deviations of a binomial.
      assertThat(zeros / 1e5).isCloseTo(0.3, within(0.0073));
    }
  }

  @Test
  void anUnknownModuleIsRefusedByName() {
    try (CausalModel model = CausalModel.random(SHAPE, 0.3, 5)) {
      assertThatThrownBy(() -> model.addAdapters(new LoraConfig(4, 8, 0, List.of("q_proj", "c_attn"), false), 1))
          .isInstanceOf(InputException.class)
          .hasMessage("model.lora.target_modules: 'c_attn' is no projection of a llama "
              + "model, must be all-linear or among down_proj, gate_proj, k_proj, o_proj, q_proj, up_proj, v_proj");
    }
  }

  @Test
  void adaptersThatDoSomethingElseAreRefused(@TempDir Path directory) throws IOException {
    Path golden = Path.of("src/test/resources/golden/lora/mistral");
    String json = Files.readString(golden.resolve("adapter_config.json"));
    Path file = directory.resolve("adapter_config.json");
    Files.copy(golden.resolve("adapter_model.safetensors"), directory.resolve("adapter_model.safetensors"));
    Files.writeString(file, json.replace("\"use_dora\": false", "\"use_dora\": true"));
    assertThatThrownBy(() -> CausalModel.load(directory))

        .hasMessage(file + ": use_dora is true, which is not supported");
    Files.writeString(file, json);
    assertThatThrownBy(() -> CausalModel.load(directory)).hasMessageStartingWith(file
        + ": base_model_name_or_path is \"../../families/mistral\", must be the directory of the model");
    Path base = Path.of("src/test/resources/golden/families/qwen2").toAbsolutePath();
    Files.writeString(file, json.replace("../../families/mistral", base.toString()).replace("\"r\": 4", "\"r\": 8"));
    assertThatThrownBy(() -> CausalModel.load(directory)).hasMessageContaining("lora_A.weight has shape [4, 16], "
        + "model and adapter_config.json ask for [8, 16]");
  }

  private static LoraConfig config(double dropout) {
    return new LoraConfig(4, 8, dropout, List.of("all-linear"), false);
  }

  private static void scramble(CausalModel model) {
    try (MemoryScope scope = MemoryScope.open()) {
      long seed = 1;
      for (Tensor weight : model.trainedWeights().values()) {
        Kernels.run("normal_", weight, 0.2, seed++);
      }
    }
  }

  private static float[] logProbs(CausalModel model) {
    return ResponseLogProbs.of(model, SEQUENCES, 1, 100).getFirst();
  }

  private static double largestDifference(float[] a, float[] b) {
    double largest = 0;
    for (int i = 0; i < a.length; i++) {
      largest = Math.max(largest, Math.abs(a[i] - b[i]));
    }
    return largest;
  }
}
