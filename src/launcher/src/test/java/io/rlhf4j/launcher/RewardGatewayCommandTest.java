package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.reward.gateway.VerifierGateway;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.kind.TextGenerator;
import io.rlhf4j.telemetry.JsonLines;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rlhf reward gateway} and the rule behind it. */
class RewardGatewayCommandTest {

  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("q"));

  @TempDir
  private Path directory;

  @Test
  void asksAgainUntilAnAnswerIsGoodEnough() throws IOException {
    Path file = directory.resolve("log.jsonl");
    try (JsonLines log = JsonLines.open(file)) {
      assertThat(decide(log, 3, 2, null)).isEqualTo(new VerifierGateway.Decision("xxx", "accepted", 3, 3));
      assertThat(decide(log, 4, 2, null)).isEqualTo(new VerifierGateway.Decision("xxx", "best", 3, 3));
      assertThat(decide(log, 4, 1, "sorry")).isEqualTo(
          new VerifierGateway.Decision("sorry", "fallback", Double.NaN, 2));
    }
    JsonNode line = new ObjectMapper().readTree(Files.readAllLines(file).getLast());
    assertThat(line.get("answers").toString()).isEqualTo("[\"x\",\"xx\"]");
    assertThat(line.get("scores").toString()).isEqualTo("[1.0,2.0]");
    assertThat(line.get("outcome").asText()).isEqualTo("fallback");
    assertThat(line.get("prompt").get(0).get("content").asText()).isEqualTo("q");
  }

  private static VerifierGateway.Decision decide(JsonLines log, double threshold, int more, String fallback) {
    AnswerReward length = answers -> answers.stream().mapToDouble(answer -> answer.text().length()).toArray();
    TextGenerator longer = new TextGenerator() {
      @Override
      public List<String> answer(List<List<ChatMessage>> prompts, int attempt) {
        return List.of("x".repeat(attempt + 1));
      }

      @Override
      public void close() {}
    };
    var rule = new VerifierGateway.Rule(threshold, more, fallback);
    return new VerifierGateway(longer, Rewards.of("length", length), rule, log).answer(PROMPT);
  }

  @Test
  void aGeneratorOutOfReachIsSaidAndNoAnswerAtAllIsAFailure() throws IOException {
    Path prompts =
        Files.writeString(directory.resolve("p.jsonl"), "{\"prompt\": \"a\"}\n{\"x\": 1}\n{\"prompt\": \"b\"}\n");
    Path log = directory.resolve("new/log.jsonl");
    List<String> command = List.of("reward", "gateway", "../../configs/reward/rules.yaml", "--generator",
        "http://127.0.0.1:1/v1/chat/completions", "--generator-retries", "0", "--regenerations", "1", "--input",
        prompts.toString(), "--log", log.toString(), "--threshold");

    TinyRun.Result failed = TinyRun.execute(with(command, "1"));
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.out()).contains("skipped 1 of 3 rows: 1 a needed key missing (line 2)", "failed: 2 of 2",
        "attempts failed for 2 of 2: http://127.0.0.1:1/v1/chat/completions: no answer (ConnectException)");
    assertThat(new ObjectMapper().readTree(Files.readAllLines(log).getFirst()).get("prompt").toString())
        .isEqualTo("[{\"role\":\"user\",\"content\":\"a\"}]");

    TinyRun.Result fallback = TinyRun.execute(with(command, "1", "--fallback", "ask a person"));
    assertThat(fallback.code()).isZero();
    assertThat(fallback.out()).contains("fallback: 2 of 2", "attempts failed for 2 of 2: ");

    Path taken = Files.writeString(directory.resolve("taken"), "");
    TinyRun.Result unwritable = TinyRun.execute(List.of("reward", "gateway", "../../configs/reward/rules.yaml",
        "--generator", "http://127.0.0.1:1/", "--input", prompts.toString(), "--threshold", "1", "--log",
        taken.resolve("log.jsonl").toString()));
    assertThat(unwritable.code()).isEqualTo(2);
    assertThat(unwritable.err()).startsWith("rlhf: " + taken.resolve("log.jsonl") + ": cannot be written (");

    for (String[] wrong : new String[][] {{"NaN"}, {"1", "--temperature", "-1"}, {"1", "--max-new-tokens", "0"}}) {
      TinyRun.Result refused = TinyRun.execute(with(command, wrong));
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.err().lines()).singleElement().asString().contains(": is ", ", must be ");
    }
  }

  private static List<String> with(List<String> command, String... more) {
    List<String> all = new ArrayList<>(command);
    all.addAll(List.of(more));
    return all;
  }

  @Test
  void aModelAnswersAFileOfPrompts() throws IOException {
    Path model = TinyDirectories.causal(directory.resolve("lm"), 3);
    Path prompts = Files.writeString(directory.resolve("p.jsonl"), "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}\n");
    Path log = directory.resolve("log.jsonl");

    TinyRun.Result result = TinyRun.execute(List.of("reward", "gateway", "../../configs/reward/rules.yaml",
        "--generator", model.toString(), "--input", prompts.toString(), "--log", log.toString(), "--threshold", "99",
        "--regenerations", "1", "--fallback", "ask a person", "--max-new-tokens", "8"));

    assertThat(result.code()).as(result.err()).isZero();
    assertThat(result.out()).contains("fallback: 2 of 2");
    List<String> lines = Files.readAllLines(log);
    assertThat(lines).hasSize(2);
    JsonNode answers = new ObjectMapper().readTree(lines.getFirst()).get("answers");
    assertThat(answers).hasSize(2);
    assertThat(answers.get(0)).isNotEqualTo(answers.get(1));
  }
}
