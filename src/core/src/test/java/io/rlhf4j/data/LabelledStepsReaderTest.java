package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelledStepsReaderTest {

  @TempDir
  private Path directory;

  @Test
  void readsHardAndSoftLabelsAndSkipsWhatDoesNotMatch() throws IOException {
    Path file = Files.writeString(directory.resolve("steps.jsonl"), """
        {"prompt": "1+1+1?", "completions": ["1+1=2\\n\\n", "2+1=4"], "labels": [true, false]}
        {"prompt": [{"role": "user", "content": "hi"}], "completions": ["a", "b"], "labels": [0.75, 0]}
        {"prompt": "x", "completions": ["a", "b"], "labels": [true]}
        {"prompt": "x", "completions": ["a\\n\\nb"], "labels": [true]}
        {"prompt": "x", "completions": ["a"], "labels": [1.5]}
        {"prompt": "x", "completions": ["a"], "labels": ["yes"]}
        {"prompt": "x", "completions": [], "labels": []}
        {"prompt": "x", "completions": ["a", " \\n\\n"], "labels": [1, 1]}
        {"prompt": "x", "completions": ["a"]}
        """);

    DataSet<LabelledSteps> read = LabelledStepsReader.read(file, StepLayout.of("\n\n"));

    assertThat(read.rows()).hasSize(2);
    assertThat(read.rows().get(0).steps()).containsExactly("1+1=2", "2+1=4");
    assertThat(read.rows().get(0).labels()).containsExactly(1.0, 0.0);
    assertThat(read.rows().get(1).labels()).containsExactly(0.75, 0.0);
    assertThat(read.skipped().summary()).hasValue(file + ": skipped 7 of 9 rows: 1 a needed key missing (line 9), "
        + "2 a key with the wrong type (lines 5, 6), 2 empty answer (lines 7, 8), "
        + "1 labels that do not match the steps (line 3), 1 a step with reward.step_separator in it (line 4)");
  }

  /** Splits an answer that is one text. */
  public static final class Splits implements RowHook {

    @Override
    public Map<String, @Nullable Object> apply(Map<String, @Nullable Object> row, long line) {
      row.put("steps", List.of(String.valueOf(row.get("text")).split(" ки\n")));
      return row;
    }
  }

  @Test
  void columnsMayHaveOtherNamesLabelsMayBeSignsAndAHookComesFirst() throws IOException {
    Path file = Files.writeString(directory.resolve("shepherd.jsonl"), """
        {"q": "1+1+1?", "text": "1+1=2 ки\\n2+1=4 ки\\n", "marks": {"signs": ["+", "-"]}}
        {"q": [{"from": "human", "value": "hi"}], "text": "a", "marks": {"signs": [" + "]}}
        {"q": "x", "text": "a", "marks": {"signs": ["?"]}}
        """);
    var fields = RecipeConfig.parse("data: {fields: {prompt: q, completions: steps, labels: marks.signs, role: from, "
        + "content: value}}").data().fields();

    DataSet<LabelledSteps> read = LabelledStepsReader.read(file, new StepLayout("\n\n", fields, new Splits()));

    assertThat(read.rows()).containsExactly(
        new LabelledSteps(List.of(ChatMessage.user("1+1+1?")), List.of("1+1=2", "2+1=4"), List.of(1.0, 0.0), 1),
        new LabelledSteps(List.of(ChatMessage.user("hi")), List.of("a"), List.of(1.0), 2));
    assertThat(read.skipped().lines()).isEqualTo(Map.of(SkipReason.BAD_VALUE, List.of(3L)));
  }
}
