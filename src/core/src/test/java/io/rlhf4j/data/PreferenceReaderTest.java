package io.rlhf4j.data;

import static io.rlhf4j.text.ChatMessage.assistant;
import static io.rlhf4j.text.ChatMessage.system;
import static io.rlhf4j.text.ChatMessage.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.DataFormat;
import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PreferenceReaderTest {

  private static final String GOOD = "{\"prompt\": \"hi\", \"chosen\": \"good\", \"rejected\": \"bad\"}";

  @TempDir
  Path directory;

  @Test
  void readsTextsWithPromptAndMargin() {
    Path file = DataFiles.write(directory.resolve("pairs.jsonl"), GOOD, "",
        "{\"prompt\": \"hi\", \"chosen\": \" a\", \"rejected\": \"b\\n\", \"margin\": 1.5, \"other\": 0}");

    DataSet<PreferencePair> pairs = PreferenceReader.read(file, DataFormat.AUTO);

    assertThat(pairs.rows()).containsExactly(new PreferencePair(List.of(user("hi")), "good", "bad", 0, 1),
        new PreferencePair(List.of(user("hi")), " a", "b\n", 1.5, 3));
    assertThat(pairs.skipped().summary()).isEmpty();
    assertThat(pairs.skipped().rows()).isEqualTo(2);
  }

  @Test
  void readsMessagesWithAndWithoutPrompt() {
    String system = "{\"role\": \"system\", \"content\": \"be kind\"}";
    String question = "{\"role\": \"user\", \"content\": \"hi\"}";
    String yes = "{\"role\": \"assistant\", \"content\": \"yes\"}";
    String no = "{\"role\": \"assistant\", \"content\": \"no\"}";
    Path file = DataFiles.write(directory.resolve("pairs.jsonl"),
        "{\"chosen\": [%1$s, %2$s, %3$s], \"rejected\": [%1$s, %2$s, %4$s]}".formatted(system, question, yes, no),
        "{\"prompt\": [%1$s, %2$s], \"chosen\": [%3$s], \"rejected\": [%4$s]}".formatted(system, question, yes, no),
        "{\"prompt\": [%1$s, %2$s], \"chosen\": [%1$s, %2$s, %3$s], \"rejected\": \"no\"}".formatted(system, question,
            yes, no));

    List<PreferencePair> rows = PreferenceReader.read(file, DataFormat.STANDARD).rows();

    List<ChatMessage> prompt = List.of(system("be kind"), user("hi"));
    assertThat(rows).containsExactly(new PreferencePair(prompt, "yes", "no", 0, 1),
        new PreferencePair(prompt, "yes", "no", 0, 2), new PreferencePair(prompt, "yes", "no", 0, 3));
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTO", "HH_RLHF"})
  void splitsDialoguesAtTheirLastAnswer(DataFormat format) {
    String shared = "\\n\\nHuman: a: b?\\n\\nAssistant: Say Human: twice.\\n\\nHuman: c\\n\\nd\\n\\nAssistant:";
    Path file = DataFiles.writeGzip(directory.resolve("hh.jsonl.gz"),
        "{\"chosen\": \"" + shared + " one\\n\\ntwo \", \"rejected\": \"" + shared + " three\"}");

    List<PreferencePair> rows = PreferenceReader.read(file, format).rows();

    List<ChatMessage> prompt = List.of(user("a: b?"), assistant("Say Human: twice."), user("c\n\nd"));
    assertThat(rows).containsExactly(new PreferencePair(prompt, "one\n\ntwo", "three", 0, 1));
  }

  @Test
  void readsDialogueAsPromptOfTextAnswers() {
    Path file = DataFiles.write(directory.resolve("pairs.jsonl"),
        "{\"prompt\": \"\\n\\nHuman: q\\n\\nAssistant:\", \"chosen\": \"x\", \"rejected\": \"y\"}");

    assertThat(PreferenceReader.read(file, DataFormat.AUTO).rows())
        .containsExactly(new PreferencePair(List.of(user("q")), "x", "y", 0, 1));
  }

  @Test
  void readsJsonListsWithTheLineOfEachRow() {
    Path file = DataFiles.write(directory.resolve("pairs.json"), "[", GOOD + ",", "3,", GOOD, "]");

    DataSet<PreferencePair> pairs = PreferenceReader.read(file, DataFormat.AUTO);

    assertThat(pairs.rows()).extracting(PreferencePair::line).containsExactly(2L, 4L);
    assertThat(pairs.skipped().lines()).containsExactly(Map.entry(SkipReason.NOT_AN_OBJECT, List.of(3L)));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
      "{\"chosen\": | MALFORMED_JSON",
      "{\"chosen\": \"a\", \"chosen\": \"b\"} | MALFORMED_JSON",
      "{} {} | MALFORMED_JSON",
      "[] | NOT_AN_OBJECT",
      "{\"prompt\": \"p\", \"chosen\": \"a\"} | MISSING_KEY",
      "{\"chosen\": \"a\", \"rejected\": \"b\"} | MISSING_KEY",
      "{\"prompt\": 3, \"chosen\": \"a\", \"rejected\": \"b\"} | BAD_VALUE",
      "{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"b\", \"margin\": \"x\"} | BAD_VALUE",
      "{\"chosen\": [{\"role\": \"user\"}], \"rejected\": \"b\"} | BAD_VALUE",
      "{\"chosen\": [{\"role\": \"user\", \"content\": \"q\"}], \"rejected\": []} | BAD_TURNS",
      "{\"chosen\": \"\\n\\nHuman: q\", \"rejected\": \"\\n\\nHuman: q\"} | BAD_TURNS",
      "{\"prompt\": \" \", \"chosen\": \"a\", \"rejected\": \"b\"} | EMPTY_PROMPT",
      "{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"\"} | EMPTY_ANSWER",
      "{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"a\"} | EQUAL_ANSWERS",
      "{\"chosen\": \"\\n\\nHuman: q\\n\\nAssistant: a\", \"rejected\": \"\\n\\nHuman: r\\n\\nAssistant: b\"} "
          + "| DIFFERENT_PROMPTS"})
  void skipsAndCountsWhatCannotBeUsed(String row, SkipReason reason) {
    Path file = DataFiles.write(directory.resolve("pairs.jsonl"), GOOD, row.strip(), GOOD);

    DataSet<PreferencePair> pairs = PreferenceReader.read(file, DataFormat.AUTO);

    assertThat(pairs.rows()).hasSize(2);
    assertThat(pairs.skipped().lines()).containsExactly(Map.entry(reason, List.of(2L)));
  }

  @Test
  void summaryNamesReasonsAndFirstLines() {
    Path file = DataFiles.write(directory.resolve("pairs.jsonl"), GOOD, "x", "x", "x", "x", "3");

    assertThat(PreferenceReader.read(file, DataFormat.AUTO).skipped().summary()).contains(
        file + ": skipped 5 of 6 rows: 4 not valid JSON (lines 2, 3, 4, ...), 1 not a JSON object (line 6)");
  }

  @Test
  void laterSkipsAreAddedAndLineNumbersKept() {
    Path file = DataFiles.write(directory.resolve("pairs.jsonl"), "x", GOOD, GOOD);

    DataSet<PreferencePair> pairs = PreferenceReader.read(file, DataFormat.AUTO)
        .skipping(SkipReason.TOO_LONG, pair -> pair.line() == 3);

    assertThat(pairs.rows()).extracting(PreferencePair::line).containsExactly(2L);
    assertThat(pairs.skipped().count()).isEqualTo(2);
    assertThat(pairs.skipped().count(SkipReason.TOO_LONG)).isEqualTo(1);
    assertThatThrownBy(() -> pairs.skipping(SkipReason.TOO_LONG, pair -> true)).isInstanceOf(InputException.class)
        .hasMessage(file + ": skipped 3 of 3 rows: 1 not valid JSON (line 1), 2 longer than data.max_length "
            + "(lines 3, 2); none is left");
  }

  @Test
  void bytesThatAreNotUtf8AreASkippedRow() throws IOException {
    Path file = directory.resolve("pairs.jsonl");
    Files.write(file, new byte[] {'{', '"', 'a', '"', ':', '"', (byte) 0xff, '"', '}', '\n'});
    Files.writeString(file, GOOD, StandardOpenOption.APPEND);

    assertThat(PreferenceReader.read(file, DataFormat.AUTO).skipped().count(SkipReason.MALFORMED_JSON)).isOne();
  }

  @Test
  void filesWithoutUsableRowsAreRefused() {
    Path missing = directory.resolve("missing.jsonl");
    Path empty = DataFiles.write(directory.resolve("empty.jsonl"), "");
    Path bad = DataFiles.write(directory.resolve("bad.jsonl"), "x");
    Path text = DataFiles.write(directory.resolve("pairs.txt"), GOOD);
    Path list = DataFiles.write(directory.resolve("list.json"), "[", GOOD, GOOD + "]");
    Path gzip = DataFiles.write(directory.resolve("plain.jsonl.gz"), GOOD);

    assertRefused(missing, ": does not exist");
    assertRefused(empty, ": has no rows");
    assertRefused(bad, ": skipped 1 of 1 rows: 1 not valid JSON (line 1); none is left");
    assertRefused(text, ": has an unknown ending, must be .jsonl, .json (both also with .gz or .zst) or .parquet");
    assertRefused(list, ":3: is not valid JSON: ");
    assertRefused(gzip, ": is not a complete gzip file (Not in GZIP format)");
  }

  @Test
  void directoriesAreRefused() throws IOException {
    Path file = Files.createDirectory(directory.resolve("rows.jsonl"));

    assertRefused(file,
        ": is a directory, must be a file with the ending .jsonl, .json (both also with .gz or .zst) or .parquet");
  }

  private static void assertRefused(Path file, String message) {
    assertThatThrownBy(() -> PreferenceReader.read(file, DataFormat.AUTO)).isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + message).hasMessageNotContaining("\n");
  }
}
