package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.model.TinyDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stages that train one model, in JVMs of their own, told to end by SIGTERM: nothing done so far is lost. */
@Tag("process")
class StopSignalTest {

  private static final String SAYS = "stopped; the same command goes on from the last checkpoint";

  @TempDir
  private Path directory;

  private Path rows;

  @BeforeEach
  void writeRows() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      text.append("{\"prompt\": \"question %d\", \"response\": \"reply %d\", ".formatted(i, i % 7))
          .append("\"chosen\": \"good %d\", \"rejected\": \"bad %d\"}%n".formatted(i % 7, i % 5));
    }
    rows = Files.writeString(directory.resolve("rows.jsonl"), text);
  }

  @Test
  void sftLeavesACheckpointThatNoScheduleAskedFor() throws Exception {
    Path model = TinyDirectories.causal(directory.resolve("lm"), 5);
    Path recipe =
        Files.writeString(directory.resolve("sft.yaml"), "threads: 1\ndata: {max_length: 96, max_prompt_length: 48}\n"
            + "sft: {epochs: 15, batch_size: 8, learning_rate: 1.0e-3, save_steps: 100000}\n");
    List<String> command =
        List.of("sft", recipe.toString(), "--model", model.toString(), "--data", rows.toString(), "--out");

    TinyRun.Result straight = TinyRun.execute(with(command, "straight"));
    assertThat(straight.code()).as(straight.err()).isZero();
    Path work = directory.resolve(".stopped.work");
    stop(with(command, "stopped"), work.resolve("metrics.jsonl"));
    assertThat(work.resolve("checkpoints")).isNotEmptyDirectory();
    assertThat(directory.resolve("stopped")).doesNotExist();
    TinyRun.Result again = TinyRun.execute(with(command, "stopped"));

    assertThat(again.code()).as(again.err()).isZero();
    assertSame("stopped/model.safetensors", "straight/model.safetensors");
    assertSame("stopped/metrics.jsonl", "straight/metrics.jsonl");
  }

  @Test
  void theRewardStageGoesOnWhereItWas() throws Exception {
    for (String name : List.of("straight", "stopped")) {
      Files.writeString(directory.resolve(name + ".yaml"), """
          name: %s
          run_dir: '%s'
          threads: 1
          tokenizer: {vocab_size: 300}
          model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2,
                  num_key_value_heads: 1}
          data: {preference_train: '%s', test_fraction: 0.2}
          reward: {batch_size: 8, epochs: 6, lm_epochs: 0, save_steps: 100000}
          """.formatted(name, directory.resolve("runs"), rows));
    }
    assertThat(TinyRun.execute(reward("straight")).code()).isZero();
    stop(reward("stopped"), directory.resolve("runs/stopped/metrics.jsonl"));
    assertThat(directory.resolve("runs/stopped/checkpoints/reward")).isNotEmptyDirectory();
    TinyRun.Result again = TinyRun.execute(reward("stopped"));

    assertThat(again.code()).as(again.err()).isZero();
    assertSame("runs/stopped/final/reward/model.safetensors", "runs/straight/final/reward/model.safetensors");
  }

  @Test
  void aNodeThatWaitsForItsCoordinatorEndsAtOnce() throws Exception {
    Path log = directory.resolve("node.log");
    Process node = TinyRun.start(List.of("node", "--role", "critic", "--join", "127.0.0.1:1"), log);
    try {
      await().atMost(Duration.ofMinutes(1)).until(
          () -> Files.readString(log).contains("waiting for 127.0.0.1:1, where nothing listens yet"));
      node.destroy();
      assertThat(node.waitFor(15, TimeUnit.SECONDS)).as("ends within 15 seconds").isTrue();
      assertThat(node.exitValue()).as(Files.readString(log)).isZero();
    } finally {
      node.destroyForcibly().waitFor();
    }
  }

  private void assertSame(String file, String other) throws IOException {
    assertThat(Files.mismatch(directory.resolve(file), directory.resolve(other))).as(file).isEqualTo(-1);
  }

  private List<String> reward(String name) {
    return List.of("reward", "train", directory.resolve(name + ".yaml").toString());
  }

  private List<String> with(List<String> command, String out) {
    List<String> all = new ArrayList<>(command);
    all.add(directory.resolve(out).toString());
    return all;
  }

  /** Sends SIGTERM once some steps are in the metrics; the process must say so and end with 0. */
  private void stop(List<String> arguments, Path metrics) throws Exception {
    Path log = directory.resolve("child.log");
    Process child = TinyRun.start(arguments, log);
    try {
      await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(5)).until(() -> Files.exists(metrics)
          && Files.readAllLines(metrics).stream().filter(line -> line.contains("\"loss\"")).count() > 4);
      child.destroy();
      assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("ends within 30 seconds").isTrue();
      assertThat(child.exitValue()).as(Files.readString(log)).isZero();
      assertThat(Files.readString(log)).contains(SAYS);
    } finally {
      child.destroyForcibly().waitFor();
    }
  }
}
