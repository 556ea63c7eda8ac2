package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code rlhf reward train} on labelled steps. */
class ProcessTrainCommandTest {

  private static final String RECIPE = """
      tokenizer: {vocab_size: 290}
      model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2,
              num_key_value_heads: 1, max_position_embeddings: 128, initializer_range: 0.1}
      data: {max_length: 96, max_prompt_length: 48, test_fraction: 0.2}
      sft: {batch_size: 16, learning_rate: 3.0e-3}
      reward: {type: process, epochs: 4, batch_size: 16, learning_rate: 3.0e-3, lm_epochs: 1, eval_steps: 20}
      ppo: {max_new_tokens: 16}
      threads: 1
      """;

  @TempDir
  private Path directory;

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private Path recipe = Path.of("");
  private Path data = Path.of("");

  @BeforeEach
  void writeFiles() throws IOException {
    recipe = Files.writeString(directory.resolve("tiny.yaml"), RECIPE);
    List<String> rows = rows(200);
    rows.set(4, "{\"prompt\": \"q\", \"completions\": [\"one\", \"two\"], \"labels\": [true]}");
    data = Files.writeString(directory.resolve("steps.jsonl"), String.join("\n", rows));
  }

  @Test
  void whatIsTrainedScoresStepsAsARewardOfKindProcess() throws IOException {
    assertThat(train("-o", "reward.value_head_prefix=value_head")).as("%s", err).isZero();

    assertThat(out.toString()).contains("skipped 1 of 200 rows: 1 labels that do not match the steps (line 5)",
        "process reward model", "most frequent label", "trained on 159 answers, measured on 40");
    JsonNode last = lastEvaluation();
    assertThat(last.get("accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(last.get("majority").asDouble()).isLessThan(0.7);
    // Used as it is, with the separator that training and scoring have where nobody says otherwise.
    String model = directory.resolve("runs/tiny/final/reward").toString();
    JsonNode config = new ObjectMapper().readTree(Path.of(model, "config.json").toFile());
    assertThat(config.get("value_head_prefix").asText()).isEqualTo("value_head");
    assertThat(config.get("dataset_fingerprint").asText()).hasSize(64);
    try (Rewards rewards = Rewards.open(
        RecipeConfig.parse("rewards: [{kind: process, path: '" + model + "', aggregate: last}]").rewards())) {
      double[] scores = rewards.score(List.of(new AnswerGroup(List.of(ChatMessage.user("question 5")),
          List.of("bad step 1\n\ngood step 2", "good step 1\n\nbad step 2"), null))).getFirst();
      assertThat(scores[0]).isGreaterThan(0.7);
      assertThat(scores[1]).isLessThan(0.3);
    }
    assertThat(new ObjectMapper().readTree(Path.of(model, "config.json").toFile()).path("step_separator").textValue())
        .isEqualTo("\n\n");
    assertThatThrownBy(() -> Rewards.open(RecipeConfig.parse("rewards: [{kind: process, path: '" + model
        + "', step_separator: ' | '}]").rewards())).isInstanceOf(InputException.class).hasMessage(
            "step_separator: is \" | \", must be left out or be \"\\n\\n\", as in the training of " + model);
    assertThatThrownBy(() -> Rewards.open(RecipeConfig.parse("rewards: [{kind: process, path: '" + model
        + "', placeholder: x}]").rewards())).isInstanceOf(InputException.class).hasMessage(
            "placeholder: is \"x\", must be left out, as in the training of " + model);
  }

  @Test
  void severalFilesAreMeasuredEachByItsName() throws IOException {
    Path easy = Files.writeString(directory.resolve("easy.jsonl"), String.join("\n", rows(30)));
    Path turned = Files.writeString(directory.resolve("turned.jsonl"), String.join("\n", rows(20))
        .replace("good", "worse").replace("bad", "good").replace("worse", "bad"));
    assertThat(train("-o", "data.preference_test_mix=[{path: '" + easy + "'}, {path: '" + turned + "'}]", "-o",
        "data.test_fraction=0")).as("%s", err).isZero();

    assertThat(out.toString()).contains("process reward model", "- easy", "- turned", "measured on 50");
    List<JsonNode> whole = metrics("reward_eval");
    List<JsonNode> right = metrics("reward_eval/easy");
    List<JsonNode> wrong = metrics("reward_eval/turned");
    assertThat(whole).hasSizeGreaterThan(1);
    for (int i = 0; i < whole.size(); i++) {
      assertThat(right.get(i).get("step")).isEqualTo(whole.get(i).get("step")).isEqualTo(wrong.get(i).get("step"));
      assertThat(right.get(i).get("correct").asInt() + wrong.get(i).get("correct").asInt())
          .isEqualTo(whole.get(i).get("correct").asInt());
    }
    assertThat(right.getLast().get("steps").asInt()).isEqualTo(60);
    assertThat(right.getLast().get("accuracy").asDouble()).isGreaterThan(0.9);
    assertThat(wrong.getLast().get("accuracy").asDouble()).isLessThan(0.1);
    assertThat(directory.resolve("runs/tiny/report.html")).content().contains("Accuracy by file", "reward/turned");
  }

  @Test
  void refusesWhatDoesNotBelongToSteps() {
    assertRefused("reward.use_margin: is true, must be false with type: process", "reward.use_margin=true");
    assertRefused("reward.max_packed_length: is 100, must be 0 with type: process", "reward.max_packed_length=100");
    assertRefused("data.min_score_gap: is 0.5, must be 0 with reward.type: process", "data.min_score_gap=0.5");
    assertRefused("data.format: belongs to pairs", "data.format=hh-rlhf");
    assertRefused("placeholder: is 'zebra', which is no token of", "reward.placeholder=zebra");
    assertRefused("task: is 'customer-replies', which has no labelled steps", "task=customer-replies");
    assertRefused("data.preference_test: is missing", "data.test_fraction=0");
  }

  private void assertRefused(String message, String override) {
    err.getBuffer().setLength(0);
    assertThat(train("-o", override)).isEqualTo(2);
    assertThat(err.toString().lines().toList()).hasSize(1).first().asString().contains(message);
    assertThat(directory.resolve("runs/tiny")).doesNotExist();
  }

  private JsonNode lastEvaluation() throws IOException {
    return metrics("reward_eval").getLast();
  }

  private List<JsonNode> metrics(String stage) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("runs/tiny/metrics.jsonl"))) {
      JsonNode row = new ObjectMapper().readTree(line);
      if (row.get("stage").asText().equals(stage)) {
        rows.add(row);
      }
    }
    return rows;
  }

  private int train(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of("reward", "train", recipe.toString(), "-o",
        "data.preference_train=" + data, "-o", "run_dir=" + directory.resolve("runs")));
    all.addAll(List.of(arguments));
    return commandLine.execute(all.toArray(String[]::new));
  }

  private static List<String> rows(int count) {
    Random random = new Random(1);
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean first = random.nextBoolean();
      boolean second = random.nextBoolean();
      rows.add("{\"prompt\": \"question %d\", \"completions\": [\"%s step 1\", \"%s step 2\"], \"labels\": [%s, %s]}"
          .formatted(i, first ? "good" : "bad", second ? "good" : "bad", first, second ? "1" : "0.0"));
    }
    return rows;
  }
}
