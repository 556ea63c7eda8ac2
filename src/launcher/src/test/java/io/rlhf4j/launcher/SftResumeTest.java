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
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Next-token training that is killed and run again: {@code rlhf sft}, {@code lm_epochs}, {@code rlhf ppo}. */
@Tag("process")
class SftResumeTest {

  @TempDir
  private Path directory;

  @Test
  void sftGoesOnAndEndsWithTheSameFiles() throws Exception {
    Path model = TinyDirectories.causal(directory.resolve("lm"), 5);
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      rows.append("{\"prompt\": \"question ").append(i).append("\", \"response\": \"reply ").append(i % 7)
          .append("\"}\n");
    }
    Path data = Files.writeString(directory.resolve("sft.jsonl"), rows);
    Path recipe = Files.writeString(directory.resolve("sft.yaml"),
        "threads: 1\ndata: {max_length: 96, max_prompt_length: 48}\n"
            + "sft: {epochs: 10, batch_size: 8, learning_rate: 1.0e-3, save_steps: 7}\n");
    List<String> command =
        List.of("sft", recipe.toString(), "--model", model.toString(), "--data", data.toString(), "--out");

    assertThat(TinyRun.execute(with(command, directory.resolve("straight"))).code()).isZero();
    Path unfinished = directory.resolve(".broken.work");
    kill(with(command, directory.resolve("broken")), unfinished.resolve("checkpoints"));
    assertThat(directory.resolve("broken")).doesNotExist();
    TinyRun.Result again = TinyRun.execute(with(command, directory.resolve("broken")));

    assertThat(again.code()).as(again.err()).isZero();
    for (String file : List.of("model.safetensors", "metrics.jsonl", "provenance.json")) {
      assertThat(Files.mismatch(directory.resolve("broken").resolve(file), directory.resolve("straight").resolve(file)))
          .as(file).isEqualTo(-1);
    }
    assertThat(unfinished).doesNotExist();
  }

  @Test
  void theLanguagePassesOfARewardModelGoOn() throws Exception {
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 100; i++) {
      rows.append("{\"prompt\": \"question %d\", \"chosen\": \"good %d\", \"rejected\": \"bad %d\"}%n"
          .formatted(i, i % 7, i % 5));
    }
    Path data = Files.writeString(directory.resolve("pairs.jsonl"), rows);
    for (String name : List.of("straight", "broken")) {
      Files.writeString(directory.resolve(name + ".yaml"), """
          name: %s
          run_dir: '%s'
          threads: 1
          tokenizer: {vocab_size: 300}
          model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2,
                  num_key_value_heads: 1}
          data: {preference_train: '%s', test_fraction: 0.2}
          sft: {batch_size: 8, learning_rate: 1.0e-3, save_steps: 7}
          reward: {batch_size: 16, lm_epochs: 8}
          """.formatted(name, directory.resolve("runs"), data));
    }
    assertThat(TinyRun.execute(reward("straight")).code()).isZero();
    kill(reward("broken"), directory.resolve("runs/broken/checkpoints/reward_lm"));
    TinyRun.Result again = TinyRun.execute(reward("broken"));

    assertThat(again.code()).as(again.err()).isZero();
    assertSame("final/reward/model.safetensors");
  }

  @Test
  void theFirstStageOfARunGoesOn() throws Exception {
    TinyRun tiny = TinyRun.in(directory);
    String[] longer = {"-o", "sft.epochs=10", "-o", "sft.save_steps=7", "-o", "ppo.iterations=1", "-o"};
    assertThat(TinyRun.execute(ppo(tiny, longer, "name=straight")).code()).isZero();
    kill(ppo(tiny, longer, "name=broken"), directory.resolve("runs/broken/checkpoints/sft"));
    assertThat(directory.resolve("runs/broken/stages/sft")).doesNotExist();
    TinyRun.Result again = TinyRun.execute(ppo(tiny, longer, "name=broken"));

    assertThat(again.code()).as(again.err()).isZero();
    assertSame("stages/sft/model.safetensors");
    assertSame("final/actor/model.safetensors");
    assertThat(tiny.metrics("broken")).isEqualTo(tiny.metrics("straight"));
  }

  private void assertSame(String file) throws IOException {
    assertThat(Files.mismatch(directory.resolve("runs/broken").resolve(file),
        directory.resolve("runs/straight").resolve(file))).as(file).isEqualTo(-1);
  }

  private static List<String> ppo(TinyRun tiny, String[] more, String name) {
    List<String> arguments = new ArrayList<>(List.of("ppo", tiny.recipe().toString()));
    arguments.addAll(List.of(more));
    arguments.add(name);
    return arguments;
  }

  private List<String> reward(String name) {
    return List.of("reward", "train", directory.resolve(name + ".yaml").toString());
  }

  private static List<String> with(List<String> command, Path out) {
    List<String> all = new ArrayList<>(command);
    all.add(out.toString());
    return all;
  }

  /** Starts a command and kills it when its first checkpoint is there. */
  private void kill(List<String> arguments, Path checkpoints) throws Exception {
    Process child = TinyRun.start(arguments, directory.resolve("child.log"));
    try {
      await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(5)).until(() -> any(checkpoints));
    } finally {
      child.destroyForcibly().waitFor();
    }
  }

  private static boolean any(Path checkpoints) throws IOException {
    if (!Files.isDirectory(checkpoints)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(checkpoints)) {
      return entries.anyMatch(entry -> entry.getFileName().toString().startsWith("step-"));
    }
  }
}
