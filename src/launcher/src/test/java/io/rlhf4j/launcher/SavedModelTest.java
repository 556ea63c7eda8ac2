package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a run saves is what {@code transformers} looks for. With {@code -Drlhf4j.keep=DIR} run and outputs stay in that
 * directory, and {@code src/benchmarks/check_saved_models.py DIR} compares them with {@code transformers}.
 */
@Tag("cluster")
class SavedModelTest {

  private static final int[] TOKENS = {260, 17, 300, 42, 99, 256, 120, 399};

  @TempDir
  private Path temporary;

  @Test
  void everyModelHasTheKeysAndTensorsThatTransformersLooksFor() throws IOException {
    String keep = System.getProperty("rlhf4j.keep");
    Path directory = keep == null ? temporary : Path.of(keep).toAbsolutePath();
    TinyRun tiny = TinyRun.in(directory);
    TinyRun.Result result = tiny.ppo("--overwrite", "-o", "ppo.iterations=2");
    assertThat(result.code()).as(result.err()).isZero();

    Map<String, double[]> outputs = new LinkedHashMap<>();
    for (String name : List.of("stages/sft", "final/actor")) {
      Path model = tiny.root("tiny").resolve(name);
      assertConfig(model, "LlamaForCausalLM");
      assertTensors(model, List.of());
      outputs.put(name, logits(model));
    }
    for (String name : List.of("stages/reward", "final/critic")) {
      Path model = tiny.root("tiny").resolve(name);
      assertThat(assertConfig(model, "LlamaForSequenceClassification").get("id2label")).hasSize(1);
      assertTensors(model, List.of("score.weight"));
      outputs.put(name, score(model));
    }
    new ObjectMapper().writeValue(directory.resolve("outputs.json").toFile(),
        Map.of("run", tiny.root("tiny").toString(), "tokens", TOKENS, "outputs", outputs));
  }

  private static JsonNode assertConfig(Path model, String architecture) throws IOException {
    JsonNode config = new ObjectMapper().readTree(model.resolve("config.json").toFile());
    assertThat(config.get("architectures")).extracting(JsonNode::asText).containsExactly(architecture);
    assertThat(config.get("model_type").asText()).isEqualTo("llama");
    for (String key : List.of("hidden_act", "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers",
        "num_attention_heads", "num_key_value_heads", "head_dim", "rms_norm_eps", "rope_theta",
        "max_position_embeddings", "tie_word_embeddings", "torch_dtype", "eos_token_id", "pad_token_id")) {
      assertThat(config.hasNonNull(key)).as("%s: %s", model, key).isTrue();
    }
    try (Tokenizer tokenizer = Tokenizer.load(model)) {
      assertThat(config.get("vocab_size").asInt()).isEqualTo(tokenizer.vocabularySize());
      assertThat(config.get("eos_token_id").asInt()).isEqualTo(tokenizer.eosId());
      assertThat(config.get("pad_token_id").asInt()).isEqualTo(tokenizer.padId());
    }
    assertThat(model.resolve("tokenizer.json")).exists();
    assertThat(Files.readString(model.resolve("tokenizer_config.json"))).contains("eos_token", "chat_template");
    return config;
  }

  private static void assertTensors(Path model, List<String> heads) {
    List<String> expected = new ArrayList<>(List.of("model.embed_tokens.weight", "model.norm.weight"));
    expected.addAll(heads);
    for (int layer = 0; layer < 2; layer++) {
      for (String part : List.of("input_layernorm", "post_attention_layernorm", "self_attn.q_proj", "self_attn.k_proj",
          "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")) {
        expected.add("model.layers." + layer + "." + part + ".weight");
      }
    }
    try (ModelWeights weights = ModelWeights.open(model)) {
      assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private static double[] logits(Path directory) {
    try (CausalModel model = CausalModel.load(directory); MemoryScope ignored = MemoryScope.open()) {
      return doubles(model.logits(model.hidden(PackedBatch.of(List.of(TOKENS)))));
    }
  }

  private static double[] score(Path directory) {
    try (ScalarModel model = ScalarModel.load(directory); MemoryScope ignored = MemoryScope.open()) {
      PackedBatch batch = PackedBatch.of(List.of(TOKENS));
      return doubles(model.scores(model.hidden(batch), Tensor.of(batch.lastRows(), 1)));
    }
  }

  private static double[] doubles(Tensor tensor) {
    float[] values = tensor.toFloats();
    double[] wide = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }
}
