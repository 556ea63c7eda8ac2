package io.rlhf4j.reward.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.data.Shard;
import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.Rewards;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreJobTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir
  private Path directory;

  /** Scores the length of the answer, remembers what it was asked and fails when told. */
  private static final class Lengths implements AnswerReward {

    private final List<String> asked = new ArrayList<>();
    private int failAfter = Integer.MAX_VALUE;

    @Override
    public double[] scoreAnswers(List<Answer> answers) {
      if (asked.size() + answers.size() > failAfter) {
        throw new IllegalStateException("killed");
      }
      answers.forEach(answer -> asked.add(answer.text()));
      return answers.stream().mapToDouble(answer -> answer.text().isEmpty() ? Double.NaN : answer.text().length())
          .toArray();
    }
  }

  @Test
  void everyShapeGetsItsRewardsAndKeepsItsKeys() throws IOException {
    List<JsonNode> rows = score(true, """
        {"id": 7, "prompt": "p", "responses": ["a", "bcd", ""]}
        {"input": "p", "output": "four", "meta": {"x": [1]}}
        {"prompt": [{"role": "user", "content": "p"}], "response": "xy"}
        {"messages": [{"role": "user", "content": "p"}, {"role": "assistant", "content": "xyz"}]}
        {"prompt": "p", "chosen": "better", "rejected": "no"}
        {"chosen": "\\n\\nHuman: p\\n\\nAssistant: yes", "rejected": "\\n\\nHuman: p\\n\\nAssistant: n"}
        """);

    assertThat(rows.get(0)).isEqualTo(JSON.readTree("{\"id\": 7, \"prompt\": \"p\", \"responses\": [\"a\", \"bcd\","
        + " \"\"], \"rewards\": [1.0, 3.0, null], \"rewards_length\": [1.0, 3.0, null]}"));
    assertThat(rows.get(1)).isEqualTo(JSON.readTree("{\"input\": \"p\", \"output\": \"four\", \"meta\": {\"x\": [1]},"
        + " \"reward\": 4.0, \"reward_length\": 4.0}"));
    assertThat(rows.get(2).get("reward").asDouble()).isEqualTo(2);
    assertThat(rows.get(3).get("reward").asDouble()).isEqualTo(3);
    assertThat(rows.get(4).get("chosen_reward").asDouble()).isEqualTo(6);
    assertThat(rows.get(4).get("rejected_reward").asDouble()).isEqualTo(2);
    assertThat(rows.get(5).get("chosen_reward").asDouble()).isEqualTo(3);
  }

  @Test
  void badRowsAreLeftOutAndCounted() throws IOException {
    Path input = write("""
        {"prompt": "p", "responses": ["a"]}
        {"prompt": "p", "responses":
        [1]
        {"prompt": "p"}
        {"prompt": "", "responses": ["a"]}
        {"prompt": "p", "responses": []}
        {"prompt": "p", "responses": ["a", 3]}
        {"prompt": "p", "responses": "a"}
        {"chosen": "a", "rejected": "b"}
        {"prompt": "p", "responses": ["b"]}
        """);

    ScoreJob.Result result = job(input, Shard.ALL, 2, false).run(rewards(new Lengths()), (done, total) -> {});

    assertThat(result.rows()).isEqualTo(2);
    assertThat(result.skipped().rows()).isEqualTo(10);
    assertThat(result.skipped().count()).isEqualTo(8);
    assertThat(result.skipped().lines().get(SkipReason.MALFORMED_JSON)).containsExactly(2L);
    assertThat(result.skipped().lines().get(SkipReason.BAD_VALUE)).containsExactly(7L, 8L);
    assertThat(output()).hasSize(2);
  }

  @Test
  void anInterruptedJobGoesOnWithoutRedoingOrDoublingARow() throws IOException {
    Path input = write(rows(103));
    job(input, Shard.ALL, 10, false).run(rewards(new Lengths()), (done, total) -> {});
    List<String> undisturbed = Files.readAllLines(directory.resolve("out.jsonl"));
    Files.delete(directory.resolve("out.jsonl"));

    Lengths scorer = new Lengths();
    List<Long> starts = new ArrayList<>();
    for (int failAfter : new int[] {25, 25, 71, 1000}) {
      scorer.failAfter = failAfter;
      try {
        job(input, Shard.ALL, 10, false).run(rewards(scorer), (done, total) -> {
          assertThat(total).isEqualTo(103);
          if (starts.isEmpty() || starts.getLast() < done) {
            starts.add(done);
          }
        });
      } catch (IllegalStateException killed) {
        assertThat(directory.resolve("out.jsonl")).doesNotExist();
        // As if the machine had stopped in the middle of a write.
        Files.writeString(directory.resolve(".out.jsonl.part"), "{\"half\": ", StandardOpenOption.APPEND);
      }
    }

    assertThat(Files.readAllLines(directory.resolve("out.jsonl"))).isEqualTo(undisturbed).hasSize(103);
    assertThat(scorer.asked).hasSize(103).doesNotHaveDuplicates();
    assertThat(starts).containsExactly(0L, 10L, 20L, 30L, 40L, 50L, 60L, 70L, 80L, 90L, 100L, 103L);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left.map(path -> path.getFileName().toString())).containsExactlyInAnyOrder("in.jsonl", "out.jsonl");
    }
  }

  @Test
  void anotherJobStartsOver() throws IOException {
    Path input = write(rows(30));
    Lengths scorer = new Lengths();
    scorer.failAfter = 15;
    assertThatThrownBy(() -> job(input, Shard.ALL, 10, false).run(rewards(scorer), (done, total) -> {}))
        .hasMessage("killed");
    scorer.failAfter = 1000;

    ScoreJob.Result other = new ScoreJob(input, directory.resolve("out.jsonl"), "other rewards", Shard.ALL, 10, false)
        .run(rewards(scorer), (done, total) -> {});

    assertThat(other.resumed()).isZero();
    assertThat(other.startedOver()).isTrue();
    assertThat(output()).hasSize(30);
  }

  @Test
  void shardsTogetherAreTheFile() throws IOException {
    Path input = write(rows(10) + "not json\n" + rows(4));
    TreeSet<String> all = new TreeSet<>();
    int rows = 0;
    for (int shard = 1; shard <= 3; shard++) {
      Lengths scorer = new Lengths();
      ScoreJob.Result result = job(input, new Shard(shard, 3), 2, false).run(rewards(scorer), (done, total) -> {
        assertThat(done).isLessThanOrEqualTo(total);
      });
      rows += (int) result.rows();
      all.addAll(Files.readAllLines(directory.resolve("out.jsonl")));
      assertThat(result.rows()).isEqualTo(shard == 3 ? 4 : 5);
      Files.delete(directory.resolve("out.jsonl"));
    }
    assertThat(rows).isEqualTo(14);
    assertThat(all).hasSize(10);
    assertThat(Shard.parse("2/3")).isEqualTo(new Shard(2, 3));
    assertThatThrownBy(() -> Shard.parse("4/3")).isInstanceOf(InputException.class).hasMessageContaining("is 4/3");
    assertThatThrownBy(() -> Shard.parse("x")).isInstanceOf(InputException.class);
  }

  @Test
  void nothingToScoreIsRefusedBeforeAnythingIsWritten() throws IOException {
    Path input = write("{}\n{}\n");
    assertThatThrownBy(() -> job(input, Shard.ALL, 10, false).run(rewards(new Lengths()), (done, total) -> {}))
        .isInstanceOf(InputException.class).hasMessageContaining("skipped 2 of 2 rows").hasMessageEndingWith(
            "none is left");
    assertThat(directory.resolve(".out.jsonl.part")).doesNotExist();
  }

  private List<JsonNode> score(boolean parts, String rows) throws IOException {
    job(write(rows), Shard.ALL, 4, parts).run(rewards(new Lengths()), (done, total) -> {});
    return output();
  }

  private ScoreJob job(Path input, Shard shard, int window, boolean parts) {
    return new ScoreJob(input, directory.resolve("out.jsonl"), "lengths", shard, window, parts);
  }

  private static Rewards rewards(Lengths scorer) {
    return Rewards.of("length", scorer);
  }

  private List<JsonNode> output() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("out.jsonl"))) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }

  private Path write(String rows) throws IOException {
    return Files.writeString(directory.resolve("in.jsonl"), rows);
  }

  private static String rows(int count) {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < count; i++) {
      rows.append("{\"prompt\": \"p\", \"responses\": [\"answer ").append(i).append("\"]}\n");
    }
    return rows.toString();
  }
}
