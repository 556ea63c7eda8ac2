package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Model directories that cannot be used, given to the commands that read one: one line that names the file and the
 * field, exit code 2, and no output.
 */
class DamagedModelTest extends TinyPolicyFixture {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> LIMITS = List.of("-o", "threads=1", "-o", "data.max_length=192", "-o",
      "data.max_prompt_length=96", "-o", "ppo.max_new_tokens=4");

  private Path weights;

  @BeforeEach
  void nameWeights() {
    weights = model.resolve("model.safetensors");
  }

  @Test
  void aSoundModelIsTaken() throws IOException {
    Path out = directory.resolve("answers.jsonl");
    TinyRun.Result result = run(generate(out));
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(out).isNotEmptyFile();
  }

  @Test
  void weightsAreCutOff() throws IOException {
    byte[] whole = Files.readAllBytes(weights);
    Files.write(weights, Arrays.copyOf(whole, whole.length / 2));
    assertAllRefuse("model.safetensors: tensor model.", ".data_offsets: [", "the file is truncated or damaged");
    Files.write(weights, Arrays.copyOf(whole, 100));
    assertAllRefuse("model.safetensors: header length: ", "it is truncated or not a safetensors file");
    Files.write(weights, new byte[0]);
    assertAllRefuse("model.safetensors: header length: the file has 0 bytes");
  }

  @Test
  void weightsAreCorrupted() throws IOException {
    byte[] sound = Files.readAllBytes(weights);
    byte[] bytes = sound.clone();
    bytes[20] = 7;
    Files.write(weights, bytes);
    assertAllRefuse("model.safetensors: header: ");
    Files.write(weights, withHeader(sound, "\"F32\"", "\"F9_\""));
    assertAllRefuse("model.safetensors: tensor model.", ".dtype: 'F9_' is not one of");
    Files.writeString(weights, "<html>Not found</html>");
    assertAllRefuse("model.safetensors: header length: ");
  }

  @Test
  void anIndexNamesAShardThatIsMissing() throws IOException {
    Files.delete(weights);
    Path index = model.resolve("model.safetensors.index.json");
    Files.writeString(index, "{\"weight_map\": {\"model.norm.weight\": \"model-00002-of-00002.safetensors\"}}");
    assertAllRefuse("model.safetensors.index.json: weight_map.model.norm.weight: there is no file "
        + "'model-00002-of-00002.safetensors'");
    Files.writeString(index, "{\"weight_map\": {\"model.norm.weight\": \"../other/model.safetensors\"}}");
    assertAllRefuse("model.safetensors.index.json: weight_map.model.norm.weight: there is no file");
    Files.writeString(index, "{\"weight_map\": [");
    assertAllRefuse("model.safetensors.index.json: ");
    Files.delete(index);
    assertAllRefuse("model: has neither model.safetensors nor model.safetensors.index.json");
  }

  @Test
  void shapesDoNotFit() throws IOException {
    String sound = Files.readString(model.resolve("config.json"));
    config(json -> json.put("intermediate_size", 65));
    assertAllRefuse("model.safetensors: tensor model.layers.0.mlp.", " has shape [", ", config.json asks for [");
    Files.writeString(model.resolve("config.json"), sound);
    config(json -> json.put("num_hidden_layers", 3));
    assertAllRefuse("model: tensor model.layers.2.", " is missing");
    Files.writeString(model.resolve("config.json"), sound);
    config(json -> json.put("num_hidden_layers", 1));
    assertAllRefuse("model.safetensors: tensor model.layers.1.", " belongs to no llama model of this config.json");
    Files.writeString(model.resolve("config.json"), sound);
    config(json -> json.put("num_hidden_layers", 2_000_000_000));
    assertAllRefuse("config.json: num_hidden_layers: is 2000000000, must be at most");
    Files.writeString(model.resolve("config.json"), sound.substring(0, sound.length() / 2));
    assertAllRefuse("config.json:", "is not JSON");
  }

  @Test
  void weightsAreNotNumbers() throws IOException {
    byte[] bytes = Files.readAllBytes(weights);
    for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY}) {
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 400, value);
      Files.write(weights, bytes);
      assertAllRefuse("model.safetensors: tensor model.", ": holds NaN or infinite values");
    }
  }

  @Test
  void theTokenizerBelongsToALargerModel() throws IOException {
    Path small = directory.resolve("small");
    try (Tokenizer tokenizer = Tokenizer.load(model); CausalModel smaller =
        CausalModel.random(new LlamaConfig(300, 32, 64, 2, 2, 1, 16, 1e-5, 10_000, 256, true), 0.1, 3)) {
      assertThat(tokenizer.vocabularySize()).isGreaterThan(300);
      smaller.save(small);
      tokenizer.copyTo(small);
    }
    AtomicFiles.deleteTree(model);
    Files.move(small, model);
    String message = "model: the embedding has 300 rows, the tokenizer ";
    assertRefused(run("inspect", model), message, "vocab_size of config.json, tokenizer.json of ");
    assertRefused(run("inspect", model, "--render", chat()), message);
    assertStagesRefuse(message);
    try (ScalarModel reward = ScalarModel.withNewHead(model, 0.1, 3)) {
      reward.save(model);
    }
    Path scores = directory.resolve("scores.jsonl");
    assertRefused(run("reward", "score", "--model", model, "--input", tiny.data(TaskFile.PREFERENCE_TEST), "--output",
        scores), message);
    assertThat(scores).doesNotExist();
  }

  @Test
  void theTokenizerIsDamaged() throws IOException {
    Path file = model.resolve("tokenizer.json");
    byte[] sound = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(sound, sound.length / 2));
    assertRefused(run("inspect", model), "tokenizer.json:", "not JSON");
    assertStagesRefuse("tokenizer.json:", "not JSON");
    Files.write(file, new byte[] {'{', (byte) 0xff, '}'});
    assertStagesRefuse("tokenizer.json: is not UTF-8 text");
    Files.writeString(file, "{\"model\": {\"vocab\": {\"a\": -3}}}");
    assertStagesRefuse("tokenizer.json: model.vocab: token \"a\" has id -3, must be");
    Files.writeString(file, "{\"model\": {\"vocab\": [[]]}, \"added_tokens\": 3}");
    assertStagesRefuse("tokenizer");
    Files.delete(file);
    assertStagesRefuse("model: no tokenizer.json");
  }

  @Test
  void theTemplateUsesAnUnknownConstruct() throws IOException {
    for (String[] template : new String[][] {{"{% frobnicate x %}", "frobnicate"},
        {"{{ messages | shuffled }}", "shuffled"}, {"{% for m in messages %}", "chat template:"},
        {"{{ messages[0].text.no.such }}", "chat template:1: "}}) {
      Files.writeString(model.resolve("chat_template.jinja"), template[0]);
      assertRefused(run("inspect", model, "--render", chat()), "chat_template.jinja: chat template:1: ", template[1]);
      assertStagesRefuse("chat_template.jinja: chat template:1: ", template[1]);
    }
  }

  @Test
  void anIdIsNoToken() {
    int rows;
    try (CausalModel loaded = CausalModel.load(model)) {
      rows = loaded.backbone().config().vocabSize();
    }
    for (String ids : List.of("5," + rows, "-1", "2147483647")) {
      assertRefused(run("inspect", model, "--ids=" + ids), "--ids: ", "is no token, must be 0 to " + (rows - 1));
    }
    assertRefused(run("inspect", model, "--ids=5,x"), "--ids");
  }

  @Test
  void adaptersLeadNowhere() throws IOException {
    Path adapter = Files.createDirectories(directory.resolve("adapter"));
    Path file = adapter.resolve("adapter_config.json");
    for (String base : List.of("nowhere", adapter.toString())) {
      Files.writeString(file, JSON.createObjectNode().put("peft_type", "LORA").put("task_type", "CAUSAL_LM")
          .put("base_model_name_or_path", base).put("r", 4).put("lora_alpha", 8).toString());
      assertRefused(run("inspect", adapter), "adapter_config.json: base_model_name_or_path ");
      assertRefused(run("inspect", adapter, "--ids", "1"), "adapter_config.json: base_model_name_or_path ");
    }
  }

  private void assertAllRefuse(String... parts) throws IOException {
    assertRefused(run("inspect", model), parts);
    assertRefused(run("inspect", model, "--ids", "1,2"), parts);
    Path merged = directory.resolve("merged");
    assertRefused(run("merge", "--model", model, "--out", merged), parts);
    assertThat(merged).doesNotExist();
    assertStagesRefuse(parts);
  }

  private void assertStagesRefuse(String... parts) throws IOException {
    Path answers = directory.resolve("answers.jsonl");
    assertRefused(run(generate(answers)), parts);
    Path trained = directory.resolve("trained");
    List<Object> sft = new ArrayList<>(List.of("sft", "--model", model, "--data", tiny.data(TaskFile.SFT), "--out",
        trained));
    sft.addAll(LIMITS);
    assertRefused(run(sft.toArray()), parts);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).noneMatch(path -> path.equals(answers) || path.equals(trained));
    }
  }

  private static void assertRefused(TinyRun.Result result, String... parts) {
    assertThat(result.err().lines().toList()).singleElement().asString().startsWith("rlhf: ").contains(parts);
    assertThat(result.code()).isEqualTo(2);
  }

  private Object[] generate(Path out) {
    List<Object> arguments = new ArrayList<>(List.of("generate", "--model", model, "--data",
        tiny.data(TaskFile.PROMPTS_TEST), "--samples", "1", "--out", out));
    arguments.addAll(LIMITS);
    return arguments.toArray();
  }

  private static TinyRun.Result run(Object... arguments) {
    return TinyRun.execute(Arrays.stream(arguments).map(Object::toString).toList());
  }

  private Path chat() throws IOException {
    return Files.writeString(directory.resolve("chat.json"), "[{\"role\": \"user\", \"content\": \"hello\"}]");
  }

  private void config(Consumer<ObjectNode> change) throws IOException {
    Path file = model.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    change.accept(json);
    Files.writeString(file, json.toString());
  }

  /** The header's first occurrence of a text replaced by one of the same length. */
  private static byte[] withHeader(byte[] file, String text, String replacement) {
    String latin = new String(file, StandardCharsets.ISO_8859_1);
    int at = latin.indexOf(text);
    return (latin.substring(0, at) + replacement + latin.substring(at + text.length()))
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
