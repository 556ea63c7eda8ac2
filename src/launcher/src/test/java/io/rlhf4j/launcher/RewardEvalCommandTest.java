package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.model.TinyDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rlhf reward eval}, with one reward of each of RewardBench's types. */
class RewardEvalCommandTest {

  @TempDir
  private Path directory;

  @Test
  void everyTypeIsMeasuredAndTheBatchDoesNotMatter() throws IOException {
    Path scores = TinyDirectories.scalar(directory.resolve("rm"), 5);
    Path words = TinyDirectories.causal(directory.resolve("lm"), 6);
    Path data = bench();
    List<String> rewards = List.of("sequence, path: '" + scores + "'", "pair, path: '" + words + "'",
        "dpo, path: '" + words + "'", "judge, max_new_tokens: 4, models: ['" + words + "']", "random");
    List<String> types = List.of("Seq. Classifier", "Custom Classifier", "DPO", "Generative", "Random");
    for (int i = 0; i < rewards.size(); i++) {
      Path recipe =
          Files.writeString(directory.resolve("r" + i + ".yaml"), "rewards: [{kind: " + rewards.get(i) + "}]\n");
      TinyRun.Result large = eval(recipe, "--data", data, "--output", directory.resolve("l"), "--name", "m" + i);
      TinyRun.Result small =
          eval(recipe, "--data", data, "--output", directory.resolve("s"), "--name", "m" + i, "--window", 3);

      assertThat(large.code()).as(large.err()).isZero();
      assertThat(small.code()).as(small.err()).isZero();
      assertThat(large.out()).contains(types.get(i) + ", 12 pairs: ", "Reasoning", "Chat", "skipped 1 of 13 rows");
      assertThat(Files.readString(directory.resolve("l/m" + i + ".html"))).contains("<rect ", "expected calibration",
          "chosen <b>12</b>", "rejected <b>12</b>").doesNotContain("<script", "href", "src=");
      JsonNode one = lists("l", i);
      JsonNode other = lists("s", i);
      assertThat(one.get("results")).isEqualTo(other.get("results")).hasSize(12);
      for (int row = 0; row < 12; row++) {
        assertThat(one.get("scores_chosen").get(row).asDouble())
            .isCloseTo(other.get("scores_chosen").get(row).asDouble(), Offset.offset(1e-5));
      }
    }
  }

  @Test
  void wrongUseIsOneLine() throws IOException {
    Path rules = Path.of("../../configs/reward/rules.yaml");
    for (String[] wrong : new String[][] {{"--name", "a b", "--output", "x"}, {"--window", "0"},
        {"--bootstrap", "0"}}) {
      List<Object> arguments = new ArrayList<>(List.of(rules, "--data", bench()));
      arguments.addAll(List.of(wrong));
      TinyRun.Result result = eval(arguments.toArray());
      assertThat(result.code()).isEqualTo(2);
      assertThat(result.err().lines()).singleElement().asString().startsWith("rlhf: " + wrong[0] + ": is ");
    }
  }

  @Test
  void aServerOutOfReachIsOneLine() throws IOException {
    Path recipe = Files.writeString(directory.resolve("remote.yaml"),
        "rewards: [{kind: remote, url: 'http://127.0.0.1:1/get_reward', retries: 0}]\n");
    TinyRun.Result result = eval(recipe, "--data", bench());
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err().lines().filter(line -> line.startsWith("rlhf:")))
        .containsExactly("rlhf: http://127.0.0.1:1/get_reward: no answer (ConnectException)");
  }

  private Path bench() throws IOException {
    StringBuilder rows = new StringBuilder("{}\n");
    for (int i = 0; i < 12; i++) {
      rows.append("{\"prompt\": \"question ").append("more ".repeat(i % 3)).append("\", \"chosen\": \"good ").append(i)
          .append("\", \"rejected\": \"bad\", \"subset\": \"").append(i % 2 == 0 ? "math-prm" : "alpacaeval-easy")
          .append("\"}\n");
    }
    return Files.writeString(directory.resolve("bench.jsonl"), rows);
  }

  private JsonNode lists(String folder, int i) throws IOException {
    return new ObjectMapper().readTree(directory.resolve(folder).resolve("eval-set-scores/m" + i + ".json").toFile());
  }

  private static TinyRun.Result eval(Object... arguments) {
    List<String> all = new ArrayList<>(List.of("reward", "eval"));
    for (Object argument : arguments) {
      all.add(argument.toString());
    }
    return TinyRun.execute(all);
  }
}
