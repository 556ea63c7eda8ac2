package io.rlhf4j.launcher.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class QuickstartDataCommandTest {

  @TempDir
  private Path directory;

  @Test
  void writesTheFilesAndReportsWhatTheyCanTeach() {
    StringWriter output = new StringWriter();
    int exit = new CommandLine(new QuickstartDataCommand()).setOut(new PrintWriter(output)).execute("--out",
        directory.resolve("data").toString(), "--seed", "3", "--sft", "50", "--pairs", "40", "--test-pairs", "30",
        "--prompts", "20", "--test-prompts", "10");

    assertThat(exit).isZero();
    assertThat(output.toString()).contains("sft.jsonl: 50 rows", "prompts_test.jsonl: 10 rows",
        "best reachable reward model accuracy");
    assertThat(directory.resolve("data")).isDirectoryContaining("glob:**preference_train.jsonl");
  }
}
