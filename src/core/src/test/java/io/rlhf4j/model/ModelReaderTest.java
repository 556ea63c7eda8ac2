package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.config.InputException;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.SafetensorsReader;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelReaderTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path GOLDEN = Path.of("src/test/resources/golden/families");
  private static final UnaryOperator<Map<String, Tensor>> SAME = tensors -> tensors;

  @TempDir
  Path directory;

  @Test
  void namesMayLackTheirPrefixAndFilesMayHoldDerivedBuffers() throws IOException {
    // As the first checkpoints of GPT-2 are published.
    changed("gpt2", json -> {}, tensors -> {
      Map<String, Tensor> renamed = new LinkedHashMap<>();
      tensors.forEach((name, tensor) -> renamed.put(name.replaceFirst("^transformer\\.", ""), tensor));
      renamed.put("h.0.attn.bias", Tensor.zeros(1, 1, 64, 64));
      return renamed;
    });
    try (CausalModel expected = CausalModel.load(GOLDEN.resolve("gpt2")); CausalModel model =
        CausalModel.load(directory)) {
      assertThat(model.weights().keySet()).isEqualTo(expected.weights().keySet());
      expected.weights().forEach((name, weight) -> assertThat(model.weights().get(name).toFloats()).as(name)
          .isEqualTo(weight.toFloats()));
    }
  }

  @Test
  void fusedWeightsAreTakenApartByTheirFamilysRule() throws IOException {
    try (CausalModel model = CausalModel.load(GOLDEN.resolve("internlm2")); MemoryScope scope = MemoryScope.open();
        SafetensorsReader file = SafetensorsReader.open(GOLDEN.resolve("internlm2/model.safetensors"))) {
      // Two key heads of size 4, each shared by two query heads: rows are q0 q1 k0 v0 q2 q3 k1 v1, four rows each.
      float[] fused = file.read("model.layers.1.attention.wqkv.weight").toFloats();
      float[] q = model.weights().get("model.layers.1.self_attn.q_proj.weight").toFloats();
      float[] k = model.weights().get("model.layers.1.self_attn.k_proj.weight").toFloats();
      float[] v = model.weights().get("model.layers.1.self_attn.v_proj.weight").toFloats();
      assertThat(row(q, 2 * 4 + 1)).isEqualTo(row(fused, 4 * 4 + 1));
      assertThat(row(k, 3)).isEqualTo(row(fused, 2 * 4 + 3));
      assertThat(row(k, 4)).isEqualTo(row(fused, 6 * 4));
      assertThat(row(v, 7)).isEqualTo(row(fused, 7 * 4 + 3));
    }
  }

  @Test
  void aBackboneTakesANewHeadAndLeavesTheOld() throws IOException {
    try (ScalarModel model = ScalarModel.withNewHead(GOLDEN.resolve("neox"), 0, 1)) {
      assertThat(model.architecture()).isEqualTo("GPTNeoXForSequenceClassification");
      model.save(directory);
    }
    try (ScalarModel again = ScalarModel.load(directory)) {
      assertThat(again.weights().get("score.weight").toFloats()).containsOnly(0);
    }
    assertThatThrownBy(() -> ScalarModel.load(GOLDEN.resolve("neox"))).isInstanceOf(InputException.class)
        .hasMessageContaining("tensor score.weight is missing; this model has no score head");
  }

  @Test
  void severalLabelsAreRefused() throws IOException {
    changed("mistral-reward", json -> json.putObject("id2label").put("0", "bad").put("1", "good"), SAME);
    assertThatThrownBy(() -> ScalarModel.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("id2label has 2 labels, only one is supported");
    changed("mistral-reward", json -> json.put("num_labels", 3), SAME);
    assertThatThrownBy(() -> ScalarModel.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("num_labels is 3, only one is supported");
  }

  @Test
  void surplusAndMissingTensorsAreRefused() throws IOException {
    changed("phi3", json -> {}, tensors -> {
      tensors.put("model.layers.0.self_attn.rotary.weight", Tensor.zeros(3));
      return tensors;
    });
    assertThatThrownBy(() -> CausalModel.load(directory)).isInstanceOf(InputException.class).hasMessageContaining(
        "tensor model.layers.0.self_attn.rotary.weight belongs to no phi3 model of this config.json");
    changed("phi3", json -> {}, tensors -> {
      tensors.remove("model.layers.1.self_attn.qkv_proj.weight");
      return tensors;
    });
    assertThatThrownBy(() -> CausalModel.load(directory)).isInstanceOf(InputException.class)
        .hasMessageContaining("tensor model.layers.1.self_attn.qkv_proj.weight is missing");
    changed("phi3", json -> json.put("num_key_value_heads", 4), SAME);
    assertThatThrownBy(() -> CausalModel.load(directory)).isInstanceOf(InputException.class).hasMessageContaining(
        "tensor model.layers.0.self_attn.qkv_proj.weight has shape [32, 16], config.json asks for [48, 16]");
  }

  /** Row of a matrix with 16 columns. */
  private static float[] row(float[] matrix, int row) {
    return Arrays.copyOfRange(matrix, row * 16, row * 16 + 16);
  }

  private void changed(String name, Consumer<ObjectNode> config, UnaryOperator<Map<String, Tensor>> weights)
      throws IOException {
    ObjectNode json = (ObjectNode) JSON.readTree(GOLDEN.resolve(name).resolve("config.json").toFile());
    config.accept(json);
    Files.writeString(directory.resolve("config.json"), json.toString());
    try (MemoryScope scope = MemoryScope.open();
        SafetensorsReader file = SafetensorsReader.open(GOLDEN.resolve(name).resolve("model.safetensors"))) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.names().forEach(tensor -> tensors.put(tensor, file.read(tensor)));
      SafetensorsWriter.write(directory.resolve("model.safetensors"), weights.apply(tensors), StoredType.F16, Map.of());
    }
  }
}
