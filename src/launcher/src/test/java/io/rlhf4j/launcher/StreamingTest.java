package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.github.luben.zstd.ZstdOutputStream;
import io.rlhf4j.data.RowHook;
import io.rlhf4j.model.TinyDirectories;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rlhf reward train} with {@code data.streaming}. */
class StreamingTest {

  @TempDir
  private Path directory;

  private Path model;

  @BeforeEach
  void writeModel() {
    model = TinyDirectories.causal(directory.resolve("lm"), 5);
  }

  @Test
  void itEndsWithTheBytesOfARunInMemory() throws IOException {
    Path first = texts("first.jsonl", 60, 1);
    Path second = texts("second.jsonl", 40, 2);
    String data = "preference_mix: [{path: '" + first + "', weight: 1.5}, {path: '" + second + "'}], "
        + "test_fraction: 0.2, max_length: 96, max_prompt_length: 48";
    TinyRun.Result memory = train("memory", data, "epochs: 2, batch_size: 8, lm_epochs: 1", List.of());
    TinyRun.Result streamed = train("streamed", data + ", streaming: true", "epochs: 2, batch_size: 8, lm_epochs: 1",
        List.of());

    assertThat(memory.code()).as(memory.err()).isZero();
    assertThat(streamed.code()).as(streamed.err()).isZero();
    assertThat(Files.mismatch(weights("memory"), weights("streamed"))).isEqualTo(-1);
    assertThat(fingerprint("streamed")).isEqualTo(fingerprint("memory")).hasSize(64);
    assertThat(streamed.out().replace("streamed", "memory")).isEqualTo(memory.out()).contains("skipped 1 of 61 rows");
    assertThat(directory.resolve("runs/streamed/checkpoints/pairs")).doesNotExist();
  }

  @Test
  @Tag("process")
  void killedAndRunAgainItEndsWithTheSameBytes() throws Exception {
    String data = "preference_train: '" + texts("pairs.jsonl", 200, 1)
        + "', test_fraction: 0.2, max_length: 96, max_prompt_length: 48, streaming: true";
    String reward = "epochs: 8, batch_size: 8, save_steps: 7";
    assertThat(train("undisturbed", data, reward, List.of()).code()).isZero();

    Process child = child("killed", data, reward, "-Xmx512m");
    Path checkpoints = directory.resolve("runs/killed/checkpoints/reward");
    await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(5)).until(() -> Files.exists(checkpoints));
    child.destroyForcibly().waitFor();
    assertThat(directory.resolve("runs/killed/finished")).doesNotExist();
    assertThat(directory.resolve("runs/killed/checkpoints/pairs/step-000000000000/rows.bodies")).isNotEmptyFile();
    TinyRun.Result again = train("killed", data, reward, List.of("--resume"));

    assertThat(again.code()).as(again.err()).isZero();
    assertThat(Files.mismatch(weights("killed"), weights("undisturbed"))).isEqualTo(-1);
  }

  /** Thirteen million tokens, which take 50 MB, in a process that has 40. In memory the same file does not fit. */
  @Test
  @Tag("process")
  void aFileLargerThanMemoryIsTrainedOn() throws Exception {
    Path file = directory.resolve("large.jsonl.zst");
    Random random = new Random(3);
    try (PrintStream out = new PrintStream(new BufferedOutputStream(
        new ZstdOutputStream(Files.newOutputStream(file))), false, StandardCharsets.UTF_8)) {
      for (int row = 0; row < 26_000; row++) {
        out.append("{\"chosen_ids\": ").append(ids(random, row)).append(", \"rejected_ids\": ")
            .append(ids(random, row)).append("}\n");
      }
    }
    String data = "preference_train: '" + file + "', format: tokenized, test_fraction: 0.0005, max_length: 250, "
        + "max_prompt_length: 200";
    String reward = "max_steps: 2, batch_size: 2, micro_batch_tokens: 2000";

    Process streamed = child("streamed", data + ", streaming: true", reward, "-Xmx40m");
    assertThat(streamed.waitFor()).as(Files.readString(directory.resolve("streamed.out"))).isZero();
    Process memory = child("memory", data, reward, "-Xmx40m");
    assertThat(memory.waitFor()).isNotZero();
    assertThat(Files.readString(directory.resolve("memory.out"))).contains("OutOfMemoryError");
  }

  /** Adds a word to each prompt. */
  public static final class Polite implements RowHook {

    @Override
    public Map<String, @Nullable Object> apply(Map<String, @Nullable Object> row, long line) {
      row.put("prompt", row.get("prompt") + " please");
      return row;
    }
  }

  @Test
  void aHookSeesTheRowsOfBothWays() throws IOException {
    String data = "preference_train: '" + texts("pairs.jsonl", 40, 1) + "', test_fraction: 0.2, max_length: 96, "
        + "max_prompt_length: 48";
    String hook = ", row_hook: '" + Polite.class.getName() + "'";
    assertThat(train("plain", data, "epochs: 1", List.of()).code()).isZero();
    assertThat(train("memory", data + hook, "epochs: 1", List.of()).code()).isZero();
    assertThat(train("streamed", data + hook + ", streaming: true", "epochs: 1", List.of()).code()).isZero();
    assertThat(fingerprint("streamed")).isEqualTo(fingerprint("memory")).isNotEqualTo(fingerprint("plain"));
  }

  @Test
  void whatCannotBeIsRefused() throws IOException {
    String data = "preference_train: '" + texts("pairs.jsonl", 20, 1) + "', test_fraction: 0.2, streaming: true";
    TinyRun.Result task = train("task", data, "epochs: 1", List.of("-o", "task=customer-replies"));
    assertThat(task.code()).isEqualTo(2);
    assertThat(task.err().strip()).isEqualTo(
        "rlhf: data.streaming: is true, must be false with the built-in task, whose files are small");
    TinyRun.Result margins =
        train("margins", data + ", max_length: 96, max_prompt_length: 48", "use_margin: true", List.of());
    assertThat(margins.code()).isEqualTo(2);
    assertThat(margins.err().strip()).isEqualTo("rlhf: reward.use_margin: is true, must be false where no row to learn "
        + "from has a margin, or data.fields must name its column");
    Path file = Files.writeString(directory.resolve("ids.jsonl"),
        "{\"chosen_ids\": [3, 4], \"rejected_ids\": [3, 99999]}");
    TinyRun.Result unknown = train("unknown", "preference_train: '" + file
        + "', format: tokenized, test_fraction: 0.2, max_length: 96, max_prompt_length: 48, streaming: true",
        "epochs: 1",
        List.of());
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err().lines().toList()).singleElement().asString()
        .endsWith("ids.jsonl: skipped 1 of 1 rows: 1 a token id outside the vocabulary (line 1); none is left");
    assertThat(directory.resolve("runs")).isEmptyDirectory();
  }

  private static String ids(Random random, int prompt) {
    StringBuilder ids = new StringBuilder("[").append(5 + prompt % 200);
    for (int i = 0; i < 240; i++) {
      ids.append(',').append(5 + random.nextInt(200));
    }
    return ids.append(']').toString();
  }

  private Path texts(String name, int rows, long seed) throws IOException {
    Random random = new Random(seed);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      lines.add("{\"prompt\": \"question %d\", \"chosen\": \"good reply %d\", \"rejected\": \"bad reply %d\"}"
          .formatted(random.nextInt(rows / 2), i % 7, i % 5));
    }
    lines.add("no json");
    return Files.writeString(directory.resolve(name), String.join("\n", lines));
  }

  private TinyRun.Result train(String name, String data, String reward, List<String> more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("reward", "train", recipe(name, data, reward).toString()));
    arguments.addAll(more);
    return TinyRun.execute(arguments);
  }

  private Process child(String name, String data, String reward, String memory) throws IOException {
    return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), memory,
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName(), "reward", "train",
        recipe(name, data, reward).toString()).redirectErrorStream(true)
        .redirectOutput(directory.resolve(name + ".out").toFile()).start();
  }

  private Path recipe(String name, String data, String reward) throws IOException {
    return Files.writeString(directory.resolve(name + ".yaml"), """
        name: %s
        run_dir: '%s'
        threads: 1
        model: {path: '%s'}
        data: {%s}
        reward: {learning_rate: 1.0e-3, %s}
        """.formatted(name, directory.resolve("runs"), model, data, reward));
  }

  private Path weights(String name) {
    return directory.resolve("runs/" + name + "/final/reward/model.safetensors");
  }

  private String fingerprint(String name) throws IOException {
    return new ObjectMapper().readTree(weights(name).resolveSibling("config.json").toFile())
        .path("dataset_fingerprint").asText();
  }
}
