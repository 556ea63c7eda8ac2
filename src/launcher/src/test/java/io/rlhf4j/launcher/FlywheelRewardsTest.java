package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.launcher.quickstart.TaskFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Rounds without a task: real prompts, rewards of any kind, judges for labels and for the decision. */
class FlywheelRewardsTest extends TinyFlywheelFixture {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> NO_PREFERENCES =
      List.of("-o", "task=null", "-o", "data.preference_train=null", "-o", "data.preference_test=null");
  /** Of 5 to 9 words; one word more or less costs 1/10. */
  private static final String LENGTH = "{kind: length, weight: 2, min: 5, max: 9, scale: 10}";

  @Test
  void aListOfRewardsScoresAndNoRewardModelIsTrained() throws IOException {
    TinyRun.Result result = flywheel("list", NO_PREFERENCES, "-o", "flywheel.labels_per_round=0", "-o",
        "rewards=[" + LENGTH + ", {kind: random, seed: 3}]");
    assertThat(result.code()).as(result.err()).isZero();
    Path round = tiny.root("list").resolve("round-1");
    assertThat(round.resolve("reward")).doesNotExist();
    assertThat(round.resolve("labels.jsonl")).doesNotExist();
    assertThat(tiny.root("list").resolve("round-0/reward")).doesNotExist();

    JsonNode record = JSON.readTree(round.resolve("round.json").toFile());
    assertThat(record.get("reward").asText()).isEmpty();
    assertThat(record.get("gold").isNull()).isTrue();
    assertThat(record.get("decidedBy").asText()).isEqualTo("reward");
    assertThat(record.get("rule").asText()).startsWith("mean reward on 8 validation prompts");
    for (JsonNode row : rows(round.resolve("scored.jsonl"))) {
      for (int i = 0; i < 2; i++) {
        String text = row.get("responses").get(i).asText();
        int words = text.isBlank() ? 0 : text.strip().split("\\s+").length;
        double length = -Math.min(1, Math.max(0, Math.max(5 - words, words - 9)) / 10.0);
        // The random part lies in [0, 1).
        assertThat(row.get("rewards").get(i).asDouble()).isBetween(2 * length, 2 * length + 1);
      }
    }
    // The decision is the mean difference of the rewards that stand in the file.
    double[] gains = rows(round.resolve("against-best.scored.jsonl")).stream()
        .mapToDouble(row -> row.get("rewards").get(0).asDouble() - row.get("rewards").get(1).asDouble()).toArray();
    assertThat(gains).hasSize(8);
    assertThat(record.get("gain").asDouble()).isCloseTo(IntStream.range(0, 8).mapToDouble(i -> gains[i]).average()
        .orElseThrow(), within(1e-12));
    JsonNode provenance = JSON.readTree(round.resolve("scored.jsonl.provenance.json").toFile());
    assertThat(provenance.get("settings").get("rewards").asText()).contains("Length[weight=2.0", "Random[");
    assertThat(provenance.get("code").asText()).hasSize(64);
    assertThat(TinyRun.execute(List.of("flywheel", "status", tiny.root("list").toString())).out())
        .contains("validation reward", "wins against round 0 by reward");
  }

  @Test
  void withAWeightTheTrainedModelScoresBesideTheList() throws IOException {
    TinyRun.Result result = flywheel("both", List.of(), "-o", "rewards=[" + LENGTH + "]", "-o",
        "flywheel.trained_weight=0.5");
    assertThat(result.code()).as(result.err()).isZero();
    Path round = tiny.root("both").resolve("round-1");
    assertThat(round.resolve("reward/model.safetensors")).exists();
    Path alone = directory.resolve("alone.jsonl");
    TinyRun.Result scored = TinyRun.execute(List.of("reward", "score", "--model", round.resolve("reward").toString(),
        "--input", round.resolve("responses.jsonl").toString(), "--output", alone.toString()));
    assertThat(scored.code()).as(scored.err()).isZero();
    List<JsonNode> both = rows(round.resolve("scored.jsonl"));
    List<JsonNode> model = rows(alone);
    for (int i = 0; i < both.size(); i++) {
      String text = both.get(i).get("responses").get(0).asText();
      int words = text.isBlank() ? 0 : text.strip().split("\\s+").length;
      double length = -Math.min(1, Math.max(0, Math.max(5 - words, words - 9)) / 10.0);
      assertThat(both.get(i).get("rewards").get(0).asDouble())
          .isCloseTo(2 * length + 0.5 * model.get(i).get("rewards").get(0).asDouble(), within(1e-5));
    }
  }

  @Test
  void aJudgeLabelsInBothOrdersAndDecides() throws IOException {
    try (FakeJudge judge = new FakeJudge()) {
      TinyRun.Result result = flywheel("judged", List.of("-o", "task=null"), "-o",
          "flywheel.judge=" + judge.section(directory));
      assertThat(result.code()).as(result.err()).isZero();
      Path round = tiny.root("judged").resolve("round-1");

      List<JsonNode> pairs = rows(round.resolve("unlabelled.jsonl"));
      assertThat(pairs).hasSize(8);
      int expected = 0;
      int ties = 0;
      int unreadable = 0;
      for (JsonNode pair : pairs) {
        String a = pair.get("responses").get(0).asText();
        String b = pair.get("responses").get(1).asText();
        unreadable += FakeJudge.isUnreadable(a, b) ? 1 : 0;
        ties += FakeJudge.isUnreadable(a, b) || a.length() == b.length() ? 1 : 0;
      }
      expected = pairs.size() - ties;
      List<JsonNode> labels = rows(round.resolve("labels.jsonl"));
      assertThat(labels).hasSize(expected).isNotEmpty();
      assertThat(labels).allMatch(
          row -> row.get("chosen").asText().length() > row.get("rejected").asText().length());
      JsonNode report = JSON.readTree(round.resolve("labels.jsonl.report.json").toFile());
      assertThat(report.get("pairs").asInt()).isEqualTo(8);
      assertThat(report.get("ties").asInt()).isEqualTo(ties);
      assertThat(report.get("counts").get("judge: verdicts").asInt()).isEqualTo(16);
      assertThat(report.get("counts").get("judge: of them not readable").asInt(0)).isEqualTo(2 * unreadable);
      assertThat(result.out()).contains("label: " + expected + " of 8 pairs have a winner, " + ties + " are tied");

      JsonNode record = JSON.readTree(round.resolve("round.json").toFile());
      assertThat(record.get("decidedBy").asText()).isEqualTo("the judge's verdict");
      assertThat(record.get("labels").asInt()).isEqualTo(expected);
      double gain = 0;
      for (JsonNode row : rows(round.resolve("against-best.jsonl"))) {
        String now = row.get("responses").get(0).asText();
        String before = row.get("responses").get(1).asText();
        gain += FakeJudge.isUnreadable(now, before) ? 0 : Integer.signum(now.length() - before.length()) / 8.0;
      }
      assertThat(record.get("gain").asDouble()).isCloseTo(gain, within(1e-12));
      // 8 pairs to label, 8 validation and 8 test prompts, in both orders.
      assertThat(judge.questions()).isEqualTo(2 * 24);

      int asked = judge.questions();
      assertThat(flywheel("judged", List.of("-o", "task=null"), "-o",
          "flywheel.judge=" + judge.section(directory)).code()).isZero();
      assertThat(judge.questions()).isEqualTo(asked);
    }
  }

  @Test
  void roundsBeginWithAModelThatCanAnswerAlready() throws IOException {
    Path model = TinyModels.policy(tiny, directory.resolve("model"));
    Path labelled = directory.resolve("labelled.jsonl");
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(tiny.data(TaskFile.PROMPTS_TRAIN))) {
      lines.add(line.replaceFirst("\\{", "{\"label\":\"7\","));
    }
    Files.write(labelled, lines);
    TinyRun.Result result = flywheel("given", NO_PREFERENCES, "-o", "data.sft=null", "-o", "model.path=" + model, "-o",
        "data.prompts_train=" + labelled, "-o", "flywheel.labels_per_round=0", "-o",
        "rewards=[" + LENGTH + ", {kind: accuracy}]");
    assertThat(result.code()).as(result.err()).isZero();
    Path root = tiny.root("given");
    assertThat(root.resolve("round-0/sft")).doesNotExist();
    JsonNode first = JSON.readTree(root.resolve("round-0/round.json").toFile());
    assertThat(first.get("model").asText()).isEqualTo("round-0/start");
    assertThat(first.get("kl").asDouble()).isZero();
    // The label goes with the prompt all the way, so accuracy can be scored.
    assertThat(rows(root.resolve("round-1/scored.jsonl"))).allMatch(row -> row.get("label").asText().equals("7"));
    assertThat(rows(root.resolve("round-1/against-best.scored.jsonl")))
        .allMatch(row -> row.get("label").asText().equals("7"));
  }

  @Test
  void whoeverIsAskedForMustBeThere() {
    assertRefused(flywheel("a", List.of("-o", "task=null")),
        "flywheel.labels_per_round: is 8, must be 0 where nobody labels");
    assertRefused(flywheel("b", List.of(), "-o", "rewards=[" + LENGTH + "]"),
        "flywheel.labels_per_round: is 8, must be 0 where the recipe's rewards score");
    assertRefused(flywheel("c", List.of("-o", "task=null"), "-o", "flywheel.label_by=gold"),
        "flywheel.label_by: is gold, must be judge or rewards without a task");
    assertRefused(
        flywheel("d", List.of("-o", "task=null"), "-o", "flywheel.labels_per_round=0", "-o", "flywheel.keep_by=gold"),
        "flywheel.keep_by: is gold, must be judge or reward without a task");
    assertRefused(flywheel("e", List.of(), "-o", "flywheel.keep_by=judge"),
        "flywheel.keep_by: is judge, must be gold or reward where flywheel.judge is empty");
    assertRefused(flywheel("f", NO_PREFERENCES, "-o", "flywheel.labels_per_round=0"),
        "data.preference_train: is missing, must name a file", "or the recipe must have rewards");
    assertRefused(flywheel("g", NO_PREFERENCES, "-o", "flywheel.labels_per_round=0", "-o", "data.sft=null", "-o",
        "rewards=[" + LENGTH + "]"), "data.sft: is missing", "or model.path a model that can answer already");
    assertThat(tiny.root("a")).doesNotExist();
  }

  private TinyRun.Result flywheel(String name, List<String> first, String... more) {
    List<String> all = new ArrayList<>(first);
    all.addAll(List.of(more));
    return wheel.run(name, all.toArray(String[]::new));
  }

  private static List<JsonNode> rows(Path file) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      rows.add(JSON.readTree(line));
    }
    return rows;
  }
}
