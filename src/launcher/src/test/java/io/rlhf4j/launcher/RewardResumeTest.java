package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rlhf reward train} in a process that is killed, and again. */
@Tag("process")
class RewardResumeTest {

  private static final String RECIPE = """
      run_dir: '%s'
      threads: 1
      tokenizer: {vocab_size: 300}
      model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2,
              num_key_value_heads: 1, max_position_embeddings: 128, initializer_range: 0.1}
      data: {preference_train: '%s', max_length: 96, max_prompt_length: 48, test_fraction: 0.2}
      sft: {batch_size: 16, learning_rate: 3.0e-3}
      reward: {epochs: 15, batch_size: 16, learning_rate: 1.0e-3, lm_epochs: 1, eval_steps: 50, save_steps: 7,
               load_best_model_at_end: true, metric_for_best_model: loss, logging_steps: 2}
      ppo: {max_new_tokens: 16}
      """;

  @TempDir
  private Path directory;

  private Path data;

  @BeforeEach
  void writeData() throws IOException {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      rows.add("{\"prompt\": \"question %d\", \"chosen\": \"good reply %d\", \"rejected\": \"bad reply %d\"}"
          .formatted(i, i % 7, i % 5));
    }
    data = Files.writeString(directory.resolve("pairs.jsonl"), String.join("\n", rows));
  }

  @Test
  void killedAndRunAgainItEndsWithTheSameBytes() throws Exception {
    Path undisturbed = directory.resolve("undisturbed");
    assertThat(train(undisturbed).code()).isZero();

    Path killed = directory.resolve("killed");
    Process child = child(killed);
    await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(5)).until(() -> checkpoints(killed) > 0);
    child.destroyForcibly().waitFor();
    assertThat(killed.resolve("tiny/finished")).doesNotExist();
    assertThat(checkpoints(killed)).isPositive();
    TinyRun.Result again = train(killed, "--resume");

    assertThat(again.code()).as("%s", again.err()).isZero();
    assertThat(Files.mismatch(weights(killed), weights(undisturbed))).isEqualTo(-1);
    assertThat(rows(killed)).isEqualTo(rows(undisturbed));
    assertThat(killed.resolve("tiny/checkpoints/reward")).doesNotExist();
  }

  @Test
  void withoutACheckpointThereIsNothingToResume() throws IOException {
    TinyRun.Result result = train(directory.resolve("runs"), "--resume");
    assertThat(result.code()).isEqualTo(2);
    assertThat(result.err().strip()).isEqualTo("rlhf: " + directory.resolve("runs/tiny")
        + ": holds no run, so there is nothing to resume; leave out --resume");
  }

  private TinyRun.Result train(Path runs, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("reward", "train", recipe(runs).toString()));
    arguments.addAll(List.of(more));
    return TinyRun.execute(arguments);
  }

  private Process child(Path runs) throws IOException {
    return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
        Main.class.getName(),
        "reward", "train", recipe(runs).toString()).redirectErrorStream(true)
        .redirectOutput(directory.resolve("output").toFile()).start();
  }

  private Path recipe(Path runs) throws IOException {
    Path target = Files.createDirectories(runs).resolve("tiny.yaml");
    return Files.writeString(target, RECIPE.formatted(runs, data));
  }

  private static long checkpoints(Path runs) throws IOException {
    Path stage = runs.resolve("tiny/checkpoints/reward");
    if (!Files.isDirectory(stage)) {
      return 0;
    }
    try (Stream<Path> entries = Files.list(stage)) {
      return entries.filter(entry -> entry.getFileName().toString().startsWith("step-")).count();
    }
  }

  private static Path weights(Path runs) {
    return runs.resolve("tiny/final/reward/model.safetensors");
  }

  /** Without the measured memory, and without the means whose window the kill cut in two. */
  private static List<String> rows(Path runs) throws IOException {
    return Files.readAllLines(runs.resolve("tiny/metrics.jsonl")).stream()
        .filter(line -> line.contains("\"reward_eval\"") || line.contains("\"reward_lm\""))
        .map(line -> line.replaceAll(",\"(peak_rss_mb|tokens_per_second)\":[0-9.E]+", "")).toList();
  }
}
