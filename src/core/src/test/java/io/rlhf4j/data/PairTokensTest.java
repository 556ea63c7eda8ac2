package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.FieldsConfig;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of token ids, rows that users' code changes, and rows that are read as a stream. */
class PairTokensTest {

  @TempDir
  private Path directory;

  @ParameterizedTest
  @CsvSource({"chosen_ids, rejected_ids", "chosen_input_ids, rejected_input_ids",
      "input_ids_chosen, input_ids_rejected"})
  void sequencesPartWhereTheAnswersBegin(String chosen, String rejected) throws IOException {
    PreferencePair pair = read("{\"" + chosen + "\": [5, 6, 7, 2], \"" + rejected + "\": [5, 6, 8], \"margin\": 1.5}")
        .rows().getFirst();
    assertThat(pair.tokens().prompt()).containsExactly(5, 6);
    assertThat(pair.tokens().chosen()).containsExactly(7, 2);
    assertThat(pair.tokens().rejected()).containsExactly(8);
    assertThat(pair.margin()).isEqualTo(1.5);
    assertThat(pair.chosenLength()).isEqualTo(2);
  }

  @Test
  void promptIdsSayWhereAnswersBeginAndEveryAnswerKeepsAToken() throws IOException {
    PairTokens asked = read("{\"prompt_ids\": [5], \"chosen_ids\": [5, 6, 7], \"rejected_ids\": [5, 6, 8]}").rows()
        .getFirst().tokens();
    assertThat(asked.prompt()).containsExactly(5);
    PairTokens inside = read("{\"chosen_ids\": [5, 6, 7], \"rejected_ids\": [5, 6]}").rows().getFirst().tokens();
    assertThat(inside.prompt()).containsExactly(5);
    assertThat(inside.chosen()).containsExactly(6, 7);
    assertThat(inside.rejected()).containsExactly(6);
  }

  @ParameterizedTest
  @CsvSource({"attention_mask_chosen, attention_mask_rejected", "chosen_attention_mask, rejected_attention_mask"})
  void paddingIsLeftOutByTheMask(String chosen, String rejected) throws IOException {
    DataSet<PreferencePair> pairs = read(
        "{\"input_ids_chosen\": [0, 5, 7, 2], \"" + chosen + "\": [0, 1, 1, 1], "
            + "\"input_ids_rejected\": [5, 8, 0, 0], \"" + rejected + "\": [1, 1, 0, 0]}",
        "{\"input_ids_chosen\": [5, 7], \"" + chosen + "\": [1], \"input_ids_rejected\": [5, 8]}",
        "{\"input_ids_chosen\": [5, 7], \"" + chosen + "\": [0, 0], \"input_ids_rejected\": [5, 8]}");

    PairTokens tokens = pairs.rows().getFirst().tokens();
    assertThat(tokens.prompt()).containsExactly(5);
    assertThat(tokens.chosen()).containsExactly(7, 2);
    assertThat(tokens.rejected()).containsExactly(8);
    assertThat(pairs.skipped().lines()).isEqualTo(
        Map.of(SkipReason.WRONG_MASK, List.of(2L), SkipReason.BAD_VALUE, List.of(3L)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"[1] | [2] | EMPTY_PROMPT", "[3, 1] | [3, 1] | EQUAL_ANSWERS",
      "[3, 1.5] | [3, 1] | BAD_VALUE", "[3, -1] | [3, 1] | BAD_VALUE", "[] | [3, 1] | BAD_VALUE",
      "\"3 1\" | [3, 1] | BAD_VALUE", "[3, 99999999999] | [3, 1] | BAD_VALUE", "null | [3, 1] | MISSING_KEY"})
  void wrongIdsAreCounted(String chosen, String rejected, SkipReason reason) throws IOException {
    SkippedRows skipped = read("{\"chosen_ids\": [1, 2], \"rejected_ids\": [1, 3]}",
        "{\"chosen_ids\": " + chosen + ", \"rejected_ids\": " + rejected + "}").skipped();
    assertThat(skipped.lines()).containsExactly(Map.entry(reason, List.of(2L)));
  }

  @Test
  void otherPromptsAreCounted() throws IOException {
    SkippedRows skipped = read("{\"chosen_ids\": [1, 2], \"rejected_ids\": [1, 3]}",
        "{\"prompt_ids\": [9], \"chosen_ids\": [1, 2], \"rejected_ids\": [1, 3]}",
        "{\"prompt_ids\": [1, 2], \"chosen_ids\": [1, 2], \"rejected_ids\": [1, 3]}").skipped();
    assertThat(skipped.lines()).containsExactly(Map.entry(SkipReason.DIFFERENT_PROMPTS, List.of(2L, 3L)));
  }

  /** Takes the column {@code question} for the prompt and leaves out what is marked. */
  public static final class Renames implements RowHook {

    @Override
    public @Nullable Map<String, @Nullable Object> apply(Map<String, @Nullable Object> row, long line) {
      if (Boolean.TRUE.equals(row.get("bad"))) {
        return null;
      }
      row.put("prompt", row.get("question").toString() + " line " + line);
      return row;
    }
  }

  @Test
  void aHookChangesAndLeavesOutRows() throws IOException {
    Path file = file("{\"question\": \"q\", \"chosen\": \"a\", \"rejected\": \"b\"}",
        "{\"question\": \"q\", \"chosen\": \"a\", \"rejected\": \"b\", \"bad\": true}");
    RowHook hook = RowHooks.named(Renames.class.getName());
    DataSet<PreferencePair> rows = PreferenceReader.read(file,
        new PreferenceLayout(DataFormat.AUTO, FieldsConfig.standard(), 0, hook));
    assertThat(rows.rows()).singleElement()
        .satisfies(row -> assertThat(row.prompt().getFirst().content()).isEqualTo("q line 1"));
    assertThat(rows.skipped().lines()).containsExactly(Map.entry(SkipReason.LEFT_OUT, List.of(2L)));
  }

  @Test
  void whatAHookCannotDoIsOneLine() throws IOException {
    assertThatThrownBy(() -> RowHooks.named("no.Such")).isInstanceOf(InputException.class)
        .hasMessage("data.row_hook: class no.Such is not on the class path");
    assertThatThrownBy(() -> RowHooks.named("java.lang.String")).isInstanceOf(InputException.class)
        .hasMessage("data.row_hook: class java.lang.String must implement io.rlhf4j.data.RowHook");
    Path file = file("{\"chosen\": \"a\", \"rejected\": \"b\"}");
    PreferenceLayout layout =
        new PreferenceLayout(DataFormat.AUTO, FieldsConfig.standard(), 0, new Renames());
    assertThatThrownBy(() -> PreferenceReader.read(file, layout)).isInstanceOf(InputException.class)
        .hasMessageContaining("pairs.jsonl:1: data.row_hook").hasMessageContaining("NullPointerException");
    RowHook strange = (row, line) -> Map.of("chosen", new Object());
    assertThatThrownBy(() -> PreferenceReader.read(file,
        new PreferenceLayout(DataFormat.AUTO, FieldsConfig.standard(), 0, strange))).isInstanceOf(InputException.class)
        .hasMessageContaining("pairs.jsonl:1: data.row_hook");
  }

  @Test
  void aStreamKeepsNothingButTheFirstLinesOfWhatItSkips() throws IOException {
    List<String> lines = new ArrayList<>(List.of("{\"prompt\": \"q\", \"chosen\": \"a\", \"rejected\": \"b\"}"));
    for (int i = 0; i < 9; i++) {
      lines.add("no json");
    }
    lines.add("{\"prompt\": \"q\", \"chosen\": \"long\", \"rejected\": \"b\"}");
    List<String> seen = new ArrayList<>();
    SkippedRows skipped = PreferenceReader.each(file(lines.toArray(String[]::new)),
        PreferenceLayout.of(DataFormat.AUTO), row -> {
          seen.add(row.chosen());
          return row.chosen().length() > 1 ? Optional.of(SkipReason.TOO_LONG) : Optional.empty();
        });
    assertThat(seen).containsExactly("a", "long");
    assertThat(skipped.count()).isEqualTo(10);
    assertThat(skipped.lines().get(SkipReason.MALFORMED_JSON)).containsExactly(2L, 3L, 4L);
    assertThat(skipped.summary().orElseThrow()).endsWith("pairs.jsonl: skipped 10 of 11 rows: 9 not valid JSON (lines "
        + "2, 3, 4, ...), 1 longer than data.max_length (line 11)");
  }

  private DataSet<PreferencePair> read(String... rows) throws IOException {
    return PreferenceReader.read(file(rows), DataFormat.TOKENIZED);
  }

  private Path file(String... rows) throws IOException {
    return Files.writeString(directory.resolve("pairs.jsonl"), String.join("\n", rows));
  }
}
