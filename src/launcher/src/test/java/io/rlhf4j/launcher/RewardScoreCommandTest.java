package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.reward.RewardModelScorer;
import io.rlhf4j.text.ChatMessage;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rlhf reward score}. */
class RewardScoreCommandTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir
  private Path directory;

  @Test
  void aRewardModelScoresAFile() throws IOException {
    Path model = TinyDirectories.scalar(directory.resolve("rm"), 5);
    StringBuilder rows = new StringBuilder("no json\n");
    for (int i = 0; i < 20; i++) {
      rows.append("{\"prompt\": \"question ").append("again ".repeat(i % 4)).append("\", \"responses\": [\"good ")
          .append(i).append("\", \"a bad answer\"]}\n");
    }
    Path input = Files.writeString(directory.resolve("in.jsonl"), rows);
    Path output = directory.resolve("new/out.jsonl");

    TinyRun.Result result =
        score("--model", model, "--input", input, "--output", output, "--window", 3, "--threads", 1);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("skipped 1 of 21 rows: 1 not valid JSON (line 1)", "scores: 40, mean ",
        output + ": 20 rows");
    assertThat(result.err()).containsPattern("score: 20 of 20 in 0:\\d\\d");
    List<JsonNode> scored = read(output);
    assertThat(scored).hasSize(20);
    try (Tokenizer tokenizer = Tokenizer.load(model); RewardModelScorer scorer =
        RewardModelScorer.load(model, 1000, false)) {
      ChatRenderer renderer = ChatRenderer.of(tokenizer);
      for (JsonNode row : scored) {
        for (int i = 0; i < 2; i++) {
          float alone = scorer.score(List.of(renderer.sequence(
              List.of(ChatMessage.user(row.get("prompt").asText())), row.get("responses").get(i).asText())))[0];
          assertThat(row.get("rewards").get(i).asDouble()).isCloseTo(alone, Offset.offset(1e-5));
        }
        assertThat(row.get("rewards").get(0).asDouble()).isNotEqualTo(row.get("rewards").get(1).asDouble());
      }
    }
  }

  @Test
  void aRecipeMixesRewards() throws IOException {
    Path model = TinyDirectories.causal(directory.resolve("lm"), 5);
    Path recipe = Files.writeString(directory.resolve("mix.yaml"), """
        rewards:
          - kind: accuracy
          - {kind: perplexity, weight: 0.1, path: '%s'}
        """.formatted(model));
    Path input = Files.writeString(directory.resolve("in.jsonl"),
        "{\"prompt\": \"1+1?\", \"responses\": [\"it is 2\", \"3\"], \"label\": \"2\"}\n");
    Path output = directory.resolve("out.jsonl");

    TinyRun.Result result = score(recipe, "--input", input, "--output", output, "--parts");

    assertThat(result.code()).as(result.err()).isZero();
    JsonNode row = read(output).getFirst();
    assertThat(row.get("rewards_accuracy").toString()).isEqualTo("[1.0,0.0]");
    for (int i = 0; i < 2; i++) {
      double logPerplexity = row.get("rewards_perplexity").get(i).asDouble();
      // Random weights: each of the 280 tokens is about as likely as any other.
      assertThat(logPerplexity).isBetween(-9.0, -3.0);
      assertThat(row.get("rewards").get(i).asDouble()).isCloseTo(1 - i + 0.1 * logPerplexity, Offset.offset(1e-12));
    }
  }

  @Test
  void int8ScoresAreComparedWithFp32First() throws IOException {
    Path model = TinyDirectories.scalar(directory.resolve("rm"), 5);
    StringBuilder pairs = new StringBuilder();
    for (int i = 0; i < 12; i++) {
      pairs.append("{\"prompt\": \"question\", \"chosen\": \"").append("good ".repeat(i + 1))
          .append("\", \"rejected\": \"a bad answer\"}\n");
    }
    Path file = Files.writeString(directory.resolve("pairs.jsonl"), pairs);
    Path exact = directory.resolve("fp32.jsonl");
    Path rounded = directory.resolve("int8.jsonl");
    assertThat(score("--model", model, "--input", file, "--output", exact).code()).isZero();

    TinyRun.Result result = score("--model", model, "--input", file, "--output", rounded, "--precision", "int8",
        "--pairs", file);

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("--precision: INT8 and fp32 scores order 12 of 12 test pairs the same way",
        "; scores are computed in INT8");
    for (int i = 0; i < 12; i++) {
      assertThat(read(rounded).get(i).get("chosen_reward")).isNotEqualTo(read(exact).get(i).get("chosen_reward"));
      assertThat(read(rounded).get(i).get("chosen_reward").asDouble())
          .isCloseTo(read(exact).get(i).get("chosen_reward").asDouble(), Offset.offset(0.1));
    }
    Path output = directory.resolve("out.jsonl");
    assertRefused("--pairs: is missing", "--model", model, "--input", file, "--output", output, "--precision", "int8");
    assertRefused("--precision: is 'x', must be fp32 or int8", "--model", model, "--input", file, "--output", output,
        "--precision", "x");
    assertRefused("--precision: is int8, must be fp32: no reward of the list is of kind sequence",
        Path.of("../../configs/reward/rules.yaml"), "--input", file, "--output", output, "--precision", "int8",
        "--pairs", file);
  }

  @Test
  void wrongUseIsOneLine() throws IOException {
    Path rules = Path.of("../../configs/reward/rules.yaml");
    Path input = Files.writeString(directory.resolve("in.jsonl"), "{\"prompt\": \"a\", \"output\": \"b\"}\n");
    Path output = directory.resolve("out.jsonl");
    assertRefused("give either a recipe or --model DIR", "--input", input, "--output", output);
    assertRefused("give either a recipe or --model DIR", rules, "--model", "x", "--input", input, "--output", output);
    assertRefused("-o: sets keys of a recipe, must be left out with --model", "--model", "x", "-o", "seed=3", "--input",
        input, "--output", output);
    assertRefused("--normalize: is for one reward model, must be left out where the recipe has a list of rewards",
        rules, "--normalize", "--input", input, "--output", output);
    assertRefused("--shard: is '1', must be I/N", rules, "--input", input, "--output", output, "--shard", "1");
    assertRefused("in.jsonl: is already there", rules, "--input", input, "--output", input);
    assertRefused("none.jsonl: does not exist", rules, "--input", "none.jsonl", "--output", output);
    assertRefused("no/such: is not a model directory", "--model", "no/such", "--input", input, "--output", output);
    assertRefused("has no list of rewards, and", Path.of("../../configs/reward/ranking.yaml"), "--input", input,
        "--output", output);
    assertThat(output).doesNotExist();

    assertThat(score(rules, "--input", input, "--output", output).code()).isZero();
    assertThat(score(rules, "--input", input, "--output", output, "--overwrite").code()).isZero();
  }

  private void assertRefused(String message, Object... arguments) {
    TinyRun.Result result = score(arguments);
    assertThat(result.code()).as(result.err()).isEqualTo(2);
    assertThat(result.err().lines()).singleElement().asString().startsWith("rlhf: ").contains(message);
  }

  private static TinyRun.Result score(Object... arguments) {
    List<String> all = new ArrayList<>(List.of("reward", "score"));
    for (Object argument : arguments) {
      all.add(argument.toString());
    }
    return TinyRun.execute(all);
  }

  private static List<JsonNode> read(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }
}
