package io.rlhf4j.launcher.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickstartTaskTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @TempDir
  private Path directory;

  @Test
  void theSameSeedGivesTheBytesThatItAlwaysGave() throws Exception {
    new QuickstartTask(new TaskSizes(30, 30, 30, 30, 30)).generate(directory, 17);

    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    for (TaskFile file : TaskFile.values()) {
      digest.update(Files.readAllBytes(file.in(directory)));
    }
    // Changes only when the task changes; results reported for older data do not compare to newer ones then.
    assertThat(HexFormat.of().formatHex(digest.digest()))
        .isEqualTo("81963e0dfe47733b5e5806fb6ad4b4a11767271de7dfd96fdb1d440145127c05");
  }

  @Test
  void anotherSeedGivesOtherBytes() throws Exception {
    Task task = new QuickstartTask(new TaskSizes(30, 30, 30, 30, 30));
    task.generate(directory.resolve("a"), 1);
    task.generate(directory.resolve("b"), 2);

    for (TaskFile file : TaskFile.values()) {
      assertThat(Files.mismatch(file.in(directory.resolve("a")), file.in(directory.resolve("b")))).isNotNegative();
    }
  }

  @Test
  void writesNothingButTheFieldsOfTheFormat() throws Exception {
    new QuickstartTask(new TaskSizes(5, 5, 5, 5, 5)).generate(directory, 4);

    assertThat(Files.list(directory)).hasSize(5);
    assertThat(first(TaskFile.SFT).fieldNames()).toIterable().containsExactly("messages");
    assertThat(first(TaskFile.SFT).at("/messages/1/role").asText()).isEqualTo("assistant");
    assertThat(first(TaskFile.PREFERENCE_TRAIN).fieldNames()).toIterable()
        .containsExactly("prompt", "chosen", "rejected");
    assertThat(first(TaskFile.PROMPTS_TEST).fieldNames()).toIterable().containsExactly("prompt");
    assertThat(first(TaskFile.PROMPTS_TEST).at("/prompt/0/role").asText()).isEqualTo("user");
  }

  @Test
  void noPromptComesBackAndNoTestCombinationIsTrained() throws Exception {
    new QuickstartTask(new TaskSizes(2_000, 2_000, 500, 500, 256)).generate(directory, 8);

    Set<String> texts = new HashSet<>();
    Set<List<Object>> trained = new HashSet<>();
    Set<List<Object>> tested = new HashSet<>();
    String last = "";
    for (TaskFile file : TaskFile.values()) {
      for (JsonNode row : rows(file)) {
        String text = (row.has("prompt") ? row.get("prompt") : row.get("messages")).get(0).get("content").asText();
        // Only the comparisons of several replies to one message share it, and they stand together.
        if (!text.equals(last)) {
          assertThat(texts.add(text)).as(text).isTrue();
        }
        last = text;
        CustomerMessage message = CustomerMessage.parse(text);
        (file.isHeldOut() ? tested : trained).add(List.of(message.name(), message.product(), message.problem()));
      }
    }
    assertThat(trained).doesNotContainAnyElementsOf(tested);
    assertThat(tested).hasSizeGreaterThan(100);
  }

  @Test
  void everyTwoOfTheRepliesToAPromptAreCompared() throws Exception {
    new QuickstartTask(new TaskSizes(1, 20, 20, 1, 1)).generate(directory, 4);

    for (TaskFile file : List.of(TaskFile.PREFERENCE_TRAIN, TaskFile.PREFERENCE_TEST)) {
      for (List<JsonNode> group : List.of(rows(file).subList(0, 10), rows(file).subList(10, 20))) {
        assertThat(group).extracting(row -> row.get("prompt")).containsOnly(group.getFirst().get("prompt"));
        Set<Set<String>> compared = new HashSet<>();
        group.forEach(row -> compared.add(Set.of(row.get("chosen").asText(), row.get("rejected").asText())));
        assertThat(compared).hasSize(10);
        assertThat(compared.stream().flatMap(Set::stream).distinct()).hasSize(5);
      }
    }
  }

  @Test
  void leavesRoomForImprovementAndForNoise() {
    Task task = new QuickstartTask();
    task.generate(directory, 17);

    TaskStatistics statistics = TaskStatistics.of(task, directory);
    assertThat(statistics.sftGold() / statistics.sftBest()).isBetween(0.35, 0.5);
    assertThat(statistics.sftPerfect()).isBetween(0.02, 0.1);
    assertThat(statistics.bayesAccuracy()).isBetween(0.80, 0.88);
    // Labels are a draw: the standard error over 8,000 pairs is 0.004.
    assertThat(statistics.goldAccuracy()).isCloseTo(statistics.bayesAccuracy(), within(0.02));
  }

  @Test
  void isFoundByNameAndJudgesReplies() {
    Task task = Task.named("customer-replies");
    List<ChatMessage> prompt = List.of(new ChatMessage("system", "be kind to tom."),
        new ChatMessage("user", "hi, i am mia. how do i clean my tent? please be quick."));

    assertThat(task.best(prompt)).isEqualTo(5.0);
    assertThat(task.gold(prompt, "hi mia, we will send you a guide.")).isEqualTo(3.0);
  }

  @Test
  void anUnknownNameIsRefusedWithTheKnownOnes() {
    assertThatThrownBy(() -> Task.named("chess")).isInstanceOf(InputException.class)
        .hasMessage("task: no built-in task is called 'chess'; there is customer-replies");
  }

  @Test
  void impossibleSizesAreRefused() {
    assertThatThrownBy(() -> new TaskSizes(1, 1, 1, 0, 1)).isInstanceOf(InputException.class)
        .hasMessageContaining("cannot have 0 rows");
    assertThatThrownBy(() -> new TaskSizes(1, 1, 200_001, 1, 1)).isInstanceOf(InputException.class)
        .hasMessageContaining("1 to 200000");
  }

  private JsonNode first(TaskFile file) throws Exception {
    return rows(file).getFirst();
  }

  private List<JsonNode> rows(TaskFile file) throws Exception {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : Files.readAllLines(file.in(directory))) {
      rows.add(MAPPER.readTree(line));
    }
    return rows;
  }
}
