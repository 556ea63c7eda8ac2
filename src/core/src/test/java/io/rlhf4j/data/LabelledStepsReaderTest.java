package io.rlhf4j.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

    DataSet<LabelledSteps> read = LabelledStepsReader.read(file, "\n\n");

    assertThat(read.rows()).hasSize(2);
    assertThat(read.rows().get(0).steps()).containsExactly("1+1=2", "2+1=4");
    assertThat(read.rows().get(0).labels()).containsExactly(1.0, 0.0);
    assertThat(read.rows().get(1).labels()).containsExactly(0.75, 0.0);
    assertThat(read.skipped().summary()).hasValue(file + ": skipped 7 of 9 rows: 1 a needed key missing (line 9), "
        + "2 a key with the wrong type (lines 5, 6), 2 empty answer (lines 7, 8), "
        + "1 labels that do not match the steps (line 3), 1 a step with reward.step_separator in it (line 4)");
  }
}
