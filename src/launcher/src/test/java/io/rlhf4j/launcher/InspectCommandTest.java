package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class InspectCommandTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path GOLDEN = Path.of("../core/src/test/resources/golden");
  private static final String TEMPLATE = "{% for m in messages %}<bos>{{ m['role'] }}: {{ m['content'] }}<eos>"
      + "{% endfor %}{% if add_generation_prompt %}<bos>assistant: {% endif %}";

  @TempDir
  Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void reportsWhatADirectoryHolds() throws IOException {
    assertThat(inspect(GOLDEN.resolve("llama-untied"), "--json")).isZero();
    JsonNode report = JSON.readTree(out.toString());

    assertThat(report.get("model_type").asText()).isEqualTo("llama");
    assertThat(report.get("architectures").get(0).asText()).isEqualTo("LlamaForCausalLM");
    assertThat(report.get("supported").asBoolean()).isTrue();
    // Embedding and projection 2 * 96 * 32; a layer: norms 2 * 32, q and o 2 * 32 * 32, k and v 2 * 16 * 32, 3 times
    // 48 * 32; the last norm 32.
    long layer = 64 + 2048 + 1024 + 3 * 48 * 32;
    assertThat(report.get("parameters").asLong()).isEqualTo(2 * 96 * 32 + 2 * layer + 32);
    assertThat(report.get("dtypes").get("F32").asLong()).isEqualTo(report.get("parameters").asLong());
    assertThat(report.at("/tokenizer/special_tokens/eos_token/id").asInt()).isEqualTo(2);
    assertThat(use(report, "hidden_size")).isEqualTo("USED");
    assertThat(use(report, "attention_dropout")).isEqualTo("NO_EFFECT");
    report.get("fields").forEach(field -> assertThat(field.get("use").asText()).as(field.toString())
        .isIn("USED", "NO_EFFECT"));
  }

  @Test
  void everyFieldThatTransformersWritesForAFamilyIsKnown() throws IOException {
    try (Stream<Path> families = Files.list(GOLDEN.resolve("families"))) {
      for (Path family : families.toList()) {
        out.getBuffer().setLength(0);
        assertThat(inspect(family, "--json")).as(err.toString()).isZero();
        JsonNode report = JSON.readTree(out.toString());
        assertThat(report.get("dtypes").get("BF16").asLong()).isEqualTo(report.get("parameters").asLong());
        report.get("fields").forEach(field -> assertThat(field.get("use").asText()).as(family + " " + field)
            .isIn("USED", "NO_EFFECT"));
      }
    }
  }

  @Test
  void aReportForPeopleNamesEveryField() throws IOException {
    assertThat(inspect(GOLDEN.resolve("families/gemma2"))).as(err.toString()).isZero();
    assertThat(out.toString()).contains("Gemma2ForCausalLM", "sliding_window", "no tokenizer")
        .containsPattern("parameters +5,392\n").contains("BF16 (5,392)");
  }

  @Test
  void unsupportedFieldsAreShownAndRefused() throws IOException {
    Path model = copy("llama-untied", json -> json.putObject("rope_parameters").put("rope_type", "ntk"));

    assertThat(inspect(model, "--json")).isEqualTo(2);
    assertThat(use(JSON.readTree(out.toString()), "rope_parameters")).isEqualTo("UNSUPPORTED");
    assertThat(err.toString()).hasLineCount(1).contains("config.json: rope_parameters has rope_type \"ntk\", only "
        + "default, linear, dynamic, llama3, yarn and longrope are supported");
  }

  @Test
  void unknownFieldsAreShown() throws IOException {
    assertThat(inspect(copy("llama-untied", json -> json.put("residual_multiplier", 2)), "--json")).isZero();
    assertThat(use(JSON.readTree(out.toString()), "residual_multiplier")).isEqualTo("UNKNOWN");
  }

  @Test
  void tokensHaveLogProbabilities() throws IOException {
    assertThat(inspect(GOLDEN.resolve("llama-untied"), "--ids", "5,9,14", "--json")).isZero();
    JsonNode report = JSON.readTree(out.toString());

    assertThat(report.get("ids")).hasSize(3);
    assertThat(report.get("log_probs").get(0).isNull()).isTrue();
    assertThat(report.get("log_probs").get(2).asDouble()).isNegative();
    assertThat(report.get("top")).hasSize(5);
    int best = report.at("/top/0/id").asInt();
    double logProb = report.at("/top/0/log_prob").asDouble();
    assertThat(logProb).isGreaterThan(report.at("/top/1/log_prob").asDouble());

    // What is most likely next has that log-probability when it is given as the next token.
    out.getBuffer().setLength(0);
    assertThat(inspect(GOLDEN.resolve("llama-untied"), "--ids", "5,9,14," + best, "--json")).isZero();
    assertThat(JSON.readTree(out.toString()).get("log_probs").get(3).asDouble()).isCloseTo(logProb, within(1e-5));
  }

  @Test
  void aRewardModelGivesAScore() throws IOException {
    assertThat(inspect(GOLDEN.resolve("llama-reward"), "--ids", "5,9", "--json")).isZero();
    JsonNode report = JSON.readTree(out.toString());
    assertThat(report.get("score").isNumber()).isTrue();
    assertThat(report.has("log_probs")).isFalse();
  }

  @Test
  void conversationsAreRendered() throws IOException {
    Path model = copy("llama-untied", json -> {});
    Files.writeString(model.resolve("chat_template.jinja"), TEMPLATE);
    Path messages = Files.writeString(directory.resolve("messages.json"),
        "[{\"role\": \"user\", \"content\": \"the cat\"}]");

    assertThat(inspect(model, "--render", messages.toString(), "--json")).as(err.toString()).isZero();
    JsonNode report = JSON.readTree(out.toString());
    assertThat(report.get("text").asText()).isEqualTo("<bos>user: the cat<eos><bos>assistant: ");
    assertThat(report.get("ids").get(0).asInt()).isEqualTo(1);

    Files.writeString(messages, "[{\"role\": 3}]");
    refused(model, "messages.json: message 1", "--render", messages.toString());
  }

  @Test
  void idsOutsideTheVocabularyAreRefused() {
    refused(GOLDEN.resolve("llama-untied"), "--ids: 96 is no token, must be 0 to 95", "--ids", "1,96");
    refused(GOLDEN.resolve("llama-untied"), "--ids: -1 is no token", "--ids=-1");
    refused(GOLDEN.resolve("llama-untied"), "--ids: has 65 tokens, max_position_embeddings is 64", "--ids",
        "1" + ",1".repeat(64));
  }

  @Test
  void truncatedWeightsAreRefused() throws IOException {
    Path model = copy("llama-untied", json -> {});
    Path file = model.resolve("model.safetensors");
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 7));
    refused(model, "model.safetensors");
  }

  @Test
  void wrongShapesAreRefused() throws IOException {
    refused(copy("llama-untied", json -> json.put("intermediate_size", 40)),
        "tensor model.layers.0.mlp.gate_proj.weight has shape [48, 32], config.json asks for [40, 32]");
  }

  @Test
  void weightsThatAreNotNumbersAreRefused() throws IOException {
    Path model = copy("llama-untied", json -> {});
    Path file = model.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.NaN);
    Files.write(file, bytes);
    refused(model, "holds NaN or infinite values");
  }

  @Test
  void aTokenizerLargerThanTheEmbeddingIsRefused() throws IOException {
    Path model = copy("llama-untied", json -> {});
    Path tokenizer = model.resolve("tokenizer.json");
    ObjectNode definition = (ObjectNode) JSON.readTree(tokenizer.toFile());
    ((ObjectNode) definition.at("/model/vocab")).put("surplus", 96);
    JSON.writeValue(tokenizer.toFile(), definition);
    refused(model, "the embedding has 96 rows, the tokenizer 97 tokens");
  }

  @Test
  void otherArchitecturesAreRefused() throws IOException {
    refused(copy("llama-untied", json -> json.put("model_type", "mamba")),
        "model_type is \"mamba\", supported are llama, mistral, qwen2");
    refused(copy("llama-untied", json -> json.putArray("architectures").add("LlamaForQuestionAnswering")),
        "architectures is [\"LlamaForQuestionAnswering\"], supported for llama are LlamaForCausalLM and "
            + "LlamaForSequenceClassification");
  }

  private void refused(Path model, String message, String... more) {
    err.getBuffer().setLength(0);
    assertThat(inspect(model, more)).isEqualTo(2);
    assertThat(err.toString()).hasLineCount(1).contains(message);
  }

  private static String use(JsonNode report, String field) {
    return report.get("fields").valueStream().filter(node -> node.get("name").asText().equals(field)).findFirst()
        .orElseThrow().get("use").asText();
  }

  private Path copy(String name, Consumer<ObjectNode> change) throws IOException {
    Path target = Files.createTempDirectory(directory, name);
    for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}) {
      Files.copy(GOLDEN.resolve(name).resolve(file), target.resolve(file));
    }
    ObjectNode config = (ObjectNode) JSON.readTree(target.resolve("config.json").toFile());
    change.accept(config);
    JSON.writeValue(target.resolve("config.json").toFile(), config);
    return target;
  }

  private int inspect(Path model, String... more) {
    CommandLine commandLine = Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] arguments = Stream.concat(Stream.of("inspect", model.toString()), Stream.of(more)).toArray(String[]::new);
    return commandLine.execute(arguments);
  }
}
