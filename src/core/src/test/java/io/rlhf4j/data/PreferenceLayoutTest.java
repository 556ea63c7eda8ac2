package io.rlhf4j.data;

import static io.rlhf4j.text.ChatMessage.assistant;
import static io.rlhf4j.text.ChatMessage.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files in the layouts of published data sets. */
class PreferenceLayoutTest {

  private static final String MESSAGES =
      "[{\"role\": \"user\", \"content\": \"q\"}, {\"role\": \"assistant\", \"content\": \"%s\"}]";
  private static final List<ChatMessage> Q = List.of(user("q"));

  @TempDir
  Path directory;

  @Test
  void ultraFeedbackBinarizedTakesTheRatingsAsMargin() {
    String row = "{\"source\": \"s\", \"prompt\": \"q\", \"chosen\": " + MESSAGES.formatted("yes")
        + ", \"chosen-rating\": 5.0, \"chosen-model\": \"m\", \"rejected\": " + MESSAGES.formatted("no")
        + ", \"rejected-rating\": 3.5, \"rejected-model\": \"n\"}";
    assertThat(pairs(DataFormat.ULTRAFEEDBACK_BINARIZED, row).rows())
        .containsExactly(new PreferencePair(Q, "yes", "no", 1.5, 1));
  }

  @Test
  void orpoMixTakesTheConversationsNotThePrompt() {
    String talk = "[{\"content\": \"a\", \"role\": \"user\"}, {\"content\": \"b\", \"role\": \"assistant\"}, "
        + "{\"content\": \"q\", \"role\": \"user\"}, {\"content\": \"%s\", \"role\": \"assistant\"}]";
    String row = "{\"source\": \"s\", \"chosen\": " + talk.formatted("yes") + ", \"rejected\": " + talk.formatted("no")
        + ", \"prompt\": \"a\", \"question\": \"a\"}";
    assertThat(pairs(DataFormat.ORPO_DPO_MIX, row).rows()).containsExactly(
        new PreferencePair(List.of(user("a"), assistant("b"), user("q")), "yes", "no", 0, 1));
  }

  @Test
  void skyworkAndXtunerAndTheMixture() {
    String conversations = "\"chosen\": " + MESSAGES.formatted("yes") + ", \"rejected\": " + MESSAGES.formatted("no");
    assertThat(pairs(DataFormat.SKYWORK, "{" + conversations + ", \"source\": \"s\"}").rows())
        .containsExactly(new PreferencePair(Q, "yes", "no", 0, 1));
    assertThat(pairs(DataFormat.PREFERENCE_MIXTURE2,
        "{" + conversations + ", \"chosen_score\": 4, \"rejected_score\": 1.5}").rows())
        .containsExactly(new PreferencePair(Q, "yes", "no", 2.5, 1));
    assertThat(pairs(DataFormat.XTUNER, """
        {"prompt": [{"role": "user", "content": "q"}], "chosen": [{"role": "assistant", "content": "yes"}], \
        "rejected": [{"role": "assistant", "content": "no"}]}""").rows())
        .containsExactly(new PreferencePair(Q, "yes", "no", 0, 1));
  }

  @Test
  void ultraFeedbackPairsEveryTwoCompletionsThatDiffer() {
    String row = """
        {"source": "s", "instruction": "q", "models": ["a", "b", "c"], "completions": [\
        {"response": "good", "fine-grained_score": 4.5, "overall_score": 10}, \
        {"response": "fair", "fine-grained_score": 3.0, "overall_score": 10}, \
        {"response": "also fair", "fine-grained_score": 3.0, "overall_score": 7}]}""";
    String unrated = "{\"instruction\": \"q\", \"completions\": [{\"response\": \"x\"}]}";
    String equal = """
        {"instruction": "q", "completions": [{"response": "x", "overall_score": 1}, \
        {"response": "y", "overall_score": 1}]}""";

    DataSet<PreferencePair> pairs = pairs(DataFormat.ULTRAFEEDBACK, row, unrated, equal, "{\"instruction\": \"q\"}");

    assertThat(pairs.rows()).containsExactly(new PreferencePair(Q, "good", "fair", 1.5, 1),
        new PreferencePair(Q, "good", "also fair", 1.5, 1));
    assertThat(pairs.skipped().lines()).isEqualTo(Map.of(SkipReason.MISSING_KEY, List.of(2L, 4L),
        SkipReason.EQUAL_SCORES, List.of(3L)));
  }

  @Test
  void completionsWithoutRatingOrTextLeaveTheOthers() {
    String row = """
        {"instruction": "q", "completions": [{"response": "good", "fine-grained_score": 4}, {"response": "unrated"}, \
        {"response": " ", "fine-grained_score": 2}, {"response": "bad", "fine-grained_score": 1}]}""";
    String one = """
        {"instruction": "q", "completions": [{"response": "x", "fine-grained_score": 4}, {"response": "unrated"}]}""";
    DataSet<PreferencePair> pairs = pairs(DataFormat.ULTRAFEEDBACK, row, one);
    assertThat(pairs.rows()).containsExactly(new PreferencePair(Q, "good", "bad", 3, 1));
    assertThat(pairs.skipped().lines()).isEqualTo(Map.of(SkipReason.MISSING_KEY, List.of(2L)));
  }

  @Test
  void scoresThatAreNoNumbersGiveNoMargin() {
    var fields = RecipeConfig.parse("data: {fields: {chosen_score: a, rejected_score: b}}").data().fields();
    PreferenceLayout layout = new PreferenceLayout(DataFormat.AUTO, fields, 0);
    ObjectNode row = JsonNodeFactory.instance.objectNode().put("a", Double.NaN).put("b", 1.0);
    assertThat(layout.standard(row).has("margin")).isFalse();
    assertThat(layout.standard(row.put("a", 3.0)).get("margin").doubleValue()).isEqualTo(2);
    assertThat(layout.standard(row.put("margin", Double.NaN)).get("margin").doubleValue()).isEqualTo(2);
    assertThat(layout.standard(row.put("margin", 5)).get("margin").doubleValue()).isEqualTo(5);
  }

  @Test
  void anEmptySystemTurnIsLeftOut() {
    String row = "{\"prompt\": [{\"role\": \"system\", \"content\": \"\"}, {\"role\": \"user\", \"content\": \"q\"}], "
        + "\"chosen\": \"yes\", \"rejected\": \"no\"}";
    assertThat(pairs(DataFormat.STANDARD, row, row.replace("system", "user")).rows())
        .containsExactly(new PreferencePair(Q, "yes", "no", 0, 1));
  }

  @Test
  void helpSteerPairsNeighboursWithTheSamePrompt() {
    String turns = "q\\n<extra_id_1>Assistant\\nanswer\\n<extra_id_1>User\\nmore";
    DataSet<PreferencePair> pairs = pairs(DataFormat.HELPSTEER2, steer("q", "no", 1), steer("q", "yes", 4),
        steer("alone", "x", 2), steer(turns, "first", 3), steer(turns, "second", 2), steer("tie", "x", 2),
        steer("tie", "y", 2), "{\"prompt\": \"q\", \"response_1\": \"a\", \"response_2\": \"b\", "
            + "\"preference_strength\": -2}",
        "{\"prompt\": \"q\", \"response_1\": \"a\", \"response_2\": \"b\", "
            + "\"preference_strength\": 3}",
        steer("last", "x", 1));

    assertThat(pairs.rows()).containsExactly(new PreferencePair(Q, "yes", "no", 3, 1),
        new PreferencePair(List.of(user("q"), assistant("answer"), user("more")), "first", "second", 1, 4),
        new PreferencePair(Q, "a", "b", 2, 8), new PreferencePair(Q, "b", "a", 3, 9));
    assertThat(pairs.skipped().lines()).isEqualTo(Map.of(SkipReason.UNPAIRED, List.of(3L, 10L),
        SkipReason.EQUAL_SCORES, List.of(7L, 6L)));
  }

  private static String steer(String prompt, String response, int helpfulness) {
    return "{\"prompt\": \"%s\", \"response\": \"%s\", \"helpfulness\": %d, \"correctness\": 4, \"verbosity\": 2}"
        .formatted(prompt, response, helpfulness);
  }

  @Test
  void columnsCanHaveOtherNames() {
    var data = RecipeConfig.parse("""
        data: {fields: {prompt: in.question, chosen: better, rejected: worse, chosen_score: s.a, rejected_score: s.b,
                        role: from, content: value}, min_score_gap: 1}
        """).data();
    PreferenceLayout layout = new PreferenceLayout(data.format(), data.fields(), data.minScoreGap());
    Path file = DataFiles.write(directory.resolve("named.jsonl"),
        "{\"in\": {\"question\": [{\"from\": \"human\", \"value\": \"q\"}]}, \"better\": \"yes\", "
            + "\"worse\": [{\"from\": \"gpt\", \"value\": \"no\"}], \"s\": {\"a\": 3, \"b\": 1}}",
        "{\"in\": {\"question\": \"q\"}, \"better\": \"yes\", \"worse\": \"no\", \"s\": {\"a\": 3, \"b\": 2.5}}",
        "{\"in\": {\"question\": \"q\"}, \"better\": \"yes\", \"worse\": \"no\"}");

    DataSet<PreferencePair> pairs = PreferenceReader.read(file, layout);

    assertThat(pairs.rows()).containsExactly(new PreferencePair(Q, "yes", "no", 2, 1));
    assertThat(pairs.skipped().lines()).isEqualTo(Map.of(SkipReason.SMALL_GAP, List.of(2L, 3L)));
  }

  @Test
  void readsZstandardAndParquet() throws IOException {
    Path zst = directory.resolve("pairs.jsonl.zst");
    try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(zst))) {
      out.write("{\"prompt\": \"q\", \"chosen\": \"yes\", \"rejected\": \"no\"}\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(PreferenceReader.read(zst, DataFormat.AUTO).rows())
        .containsExactly(new PreferencePair(Q, "yes", "no", 0, 1));

    for (String codec : List.of("snappy", "zstd")) {
      Path parquet = Path.of("src/test/resources/data/pairs-" + codec + ".parquet");
      DataSet<PreferencePair> pairs = PreferenceReader.read(parquet, DataFormat.PREFERENCE_MIXTURE2);
      assertThat(pairs.rows()).containsExactly(new PreferencePair(Q, "yés", "no", 2.5, 1),
          new PreferencePair(List.of(user("a"), assistant("b"), user("q")), "x", "y", 1, 3));
      assertThat(pairs.skipped().lines()).isEqualTo(Map.of(SkipReason.MISSING_KEY, List.of(2L)));
    }
  }

  private DataSet<PreferencePair> pairs(DataFormat format, String... rows) {
    return PreferenceReader.read(DataFiles.write(directory.resolve("rows.jsonl"), rows), format);
  }
}
