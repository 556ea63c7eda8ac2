package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.launcher.quickstart.TaskFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Training with {@code data.streaming} in a process that is killed (-9), and again by the same command: the same bytes
 * as of one that nobody disturbed. Reward training on pairs is in {@link StreamingTest}.
 *
 * <p>{@code -Drlhf4j.streamed-kill=all} does every stage; {@code -Drlhf4j.streamed-kill=dpo,ppo} does some.
 */
@Tag("process")
class StreamedResumeTest extends TinyPolicyFixture {

  private static final String SHORT_FORM = "sft";

  private enum Stage {
    SFT,
    DPO,
    PROCESS,
    PPO
  }

  /** A command, where its checkpoints appear, where its rows lie, and the weights that it leaves. */
  private record Trained(List<String> command, Path checkpoints, Path rows, Path weights) {}

  static List<Stage> stages() {
    String asked = System.getProperty("rlhf4j.streamed-kill", SHORT_FORM);
    return asked.equals("all") ? List.of(Stage.values())
        : Arrays.stream(asked.split(",")).map(name -> Stage.valueOf(name.toUpperCase(Locale.ROOT))).toList();
  }

  @ParameterizedTest
  @MethodSource("stages")
  void killedAndRunAgainItEndsWithTheSameBytes(Stage stage) throws Exception {
    Trained straight = trained(stage, "straight");
    assertDone(straight.command());
    Trained broken = trained(stage, "broken");
    kill(broken);
    assertThat(broken.weights()).doesNotExist();
    assertThat(broken.rows().resolve("step-000000000000/rows.bodies")).isNotEmptyFile();
    assertDone(broken.command());

    assertThat(Files.mismatch(broken.weights(), straight.weights())).isEqualTo(-1);
    assertThat(broken.rows()).doesNotExist();
  }

  private Trained trained(Stage stage, String name) throws IOException {
    return switch (stage) {
      case SFT -> job(name, "sft", tiny.data(TaskFile.SFT), "sft.epochs=16");
      case DPO -> job(name, "dpo", tiny.data(TaskFile.PREFERENCE_TRAIN), "dpo.epochs=12");
      case PROCESS -> run(name, "reward", "steps", "reward", List.of("reward", "train"), """
          data: {preference_train: '%s', test_fraction: 0.2, max_length: 64, max_prompt_length: 32, streaming: true}
          reward: {type: process, epochs: 16, batch_size: 16, learning_rate: 1.0e-3, save_steps: 3}
          """.formatted(steps()));
      case PPO -> run(name, "ppo", "prompts", "actor", List.of("ppo"), """
          data: {sft: '%s', prompts_train: '%s', max_length: 192, max_prompt_length: 96, streaming: true}
          rewards: [{kind: repetition}]
          sft: {epochs: 1, batch_size: 16, learning_rate: 3.0e-3}
          ppo: {iterations: 8, prompts_per_iteration: 8, samples_per_prompt: 2, max_new_tokens: 8, mini_batch_size: 8,
                score_batch_size: 4, eval_prompts: 6, eval_steps: 100, save_steps: 1, ptx_coef: 0.1,
                actor: {learning_rate: 1.0e-3}, critic: {learning_rate: 1.0e-3}}
          """.formatted(tiny.data(TaskFile.SFT), tiny.data(TaskFile.PROMPTS_TRAIN)));
    };
  }

  /** A stage over plain files. */
  private Trained job(String name, String stage, Path data, String epochs) {
    Path out = directory.resolve(name);
    Path work = directory.resolve("." + name + ".work");
    return new Trained(List.of(stage, "--model", model.toString(), "--data", data.toString(), "-o", "threads=1", "-o",
        "data.max_length=192", "-o", "data.max_prompt_length=96", "-o", "data.streaming=true", "-o", epochs, "-o",
        stage + ".batch_size=16", "-o", stage + ".learning_rate=1.0e-3", "-o", stage + ".save_steps=3", "--out",
        out.toString()), work.resolve("checkpoints"), work.resolve("checkpoints-rows"),
        out.resolve("model.safetensors"));
  }

  /** A command with a recipe. */
  private Trained run(String name, String stage, String rows, String result, List<String> command, String keys)
      throws IOException {
    Path recipe = Files.writeString(directory.resolve(name + ".yaml"), "name: %s%nrun_dir: '%s'%nthreads: 1%nmodel: "
        .formatted(name, directory.resolve("runs")) + "{path: '" + model + "'}\n" + keys);
    Path root = directory.resolve("runs").resolve(name);
    return new Trained(Stream.concat(command.stream(), Stream.of(recipe.toString())).toList(),
        root.resolve("checkpoints").resolve(stage), root.resolve("checkpoints").resolve(rows),
        root.resolve("final").resolve(result).resolve("model.safetensors"));
  }

  private Path steps() throws IOException {
    Random random = new Random(5);
    StringBuilder rows = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      rows.append("{\"prompt\": \"sum %d\", \"completions\": [\"one %d\", \"two\"], \"labels\": [%s, 0.25]}\n"
          .formatted(random.nextInt(30), i % 9, random.nextBoolean()));
    }
    // The time of a data file is part of what stored rows belong to.
    Path file = directory.resolve("steps.jsonl");
    return Files.exists(file) ? file : Files.writeString(file, rows);
  }

  private static void assertDone(List<String> command) {
    TinyRun.Result result = TinyRun.execute(command);
    assertThat(result.code()).as(result.err()).isZero();
  }

  /** Starts a command and kills it when its first checkpoint is there. */
  private void kill(Trained trained) throws Exception {
    Path said = directory.resolve("child.log");
    Process child = TinyRun.start(trained.command(), said);
    try {
      await().atMost(Duration.ofMinutes(10)).pollInterval(Duration.ofMillis(5))
          .until(() -> !child.isAlive() || any(trained.checkpoints()));
    } finally {
      child.destroyForcibly().waitFor();
    }
    assertThat(any(trained.checkpoints())).as(Files.readString(said)).isTrue();
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
