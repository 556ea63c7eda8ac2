package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.model.TinyDirectories;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code data.streaming} in the stages besides reward training on pairs: the same bytes, in a heap of any size. */
class StreamedStagesTest extends TinyPolicyFixture {

  private static final List<String> LIMITS = List.of("-o", "threads=1", "-o", "data.max_length=192", "-o",
      "data.max_prompt_length=96");
  private static final List<String> STREAMING = List.of("-o", "data.streaming=true");

  @Test
  void sftEndsWithTheBytesOfTrainingInMemory() throws IOException {
    Path sft = tiny.data(TaskFile.SFT);
    List<String> arguments = List.of("sft", "--model", model.toString(), "--data", withABadRow(sft) + ":1.5",
        sft.toString(), "--test", sft.toString(), "-o", "sft.batch_size=16", "-o", "sft.learning_rate=3.0e-3");
    assertSame(arguments, "skipped 1 of");
  }

  @Test
  void dpoEndsWithTheBytesOfTrainingInMemory() throws IOException {
    List<String> arguments = List.of("dpo", "--model", model.toString(), "--data",
        withABadRow(tiny.data(TaskFile.PREFERENCE_TRAIN)).toString(), "-o", "dpo.batch_size=16", "-o",
        "dpo.learning_rate=1.0e-3", "-o", "dpo.epochs=2", "-o", "dpo.reference_epochs=1");
    assertSame(arguments, "skipped 1 of");
  }

  @Test
  void labelledStepsEndWithTheBytesOfTrainingInMemory() throws IOException {
    Path steps = directory.resolve("steps.jsonl");
    try (PrintStream out = new PrintStream(Files.newOutputStream(steps), false, StandardCharsets.UTF_8)) {
      Random random = new Random(5);
      for (int i = 0; i < 60; i++) {
        out.printf("{\"prompt\": \"sum %d\", \"completions\": [\"one %d\", \"two\"], \"labels\": [%s, 0.25]}%n",
            random.nextInt(30), i % 9, random.nextBoolean());
      }
      out.println("{\"prompt\": \"sum\", \"completions\": [\"one\"], \"labels\": [true, false]}");
    }
    String memory = train("memory", steps, false).replace("memory", "streamed");
    assertThat(train("streamed", steps, true)).isEqualTo(memory).contains("skipped 1 of 61 rows");
    assertEqual(Path.of("runs/memory/final/reward/model.safetensors"),
        Path.of("runs/streamed/final/reward/model.safetensors"));
  }

  private String train(String name, Path steps, boolean streaming) throws IOException {
    Path recipe = Files.writeString(directory.resolve(name + ".yaml"), """
        name: %s
        run_dir: '%s'
        threads: 1
        model: {path: '%s'}
        data: {preference_mix: [{path: '%s', weight: 1.5}], test_fraction: 0.2, max_length: 64, max_prompt_length: 32,
               streaming: %s}
        reward: {type: process, epochs: 2, batch_size: 16, learning_rate: 1.0e-3}
        """.formatted(name, directory.resolve("runs"), model, steps, streaming));
    TinyRun.Result result = TinyRun.execute(List.of("reward", "train", recipe.toString()));
    assertThat(result.code()).as(result.err()).isZero();
    return result.out();
  }

  /** A run that trains its own reward model, so every kind of row is read. */
  @Test
  void ppoEndsWithTheBytesOfARunInMemory() throws IOException {
    for (String name : List.of("memory", "streamed")) {
      Path recipe = Files.writeString(directory.resolve(name + ".yaml"), """
          name: %s
          run_dir: '%s'
          threads: 1
          model: {path: '%s'}
          data: {sft: '%s', prompts_train: '%s', preference_train: '%s', test_fraction: 0.2, max_length: 192,
                 max_prompt_length: 96, streaming: %s}
          sft: {epochs: 1, batch_size: 16, learning_rate: 3.0e-3}
          reward: {lm_epochs: 1, batch_size: 16, learning_rate: 1.0e-3}
          ppo: {iterations: 3, prompts_per_iteration: 8, samples_per_prompt: 2, max_new_tokens: 8, mini_batch_size: 8,
                score_batch_size: 4, eval_prompts: 6, ptx_coef: 0.1, actor: {learning_rate: 1.0e-3},
                critic: {learning_rate: 1.0e-3}}
          """.formatted(name, directory.resolve("runs"), model, tiny.data(TaskFile.SFT),
          tiny.data(TaskFile.PROMPTS_TRAIN), tiny.data(TaskFile.PREFERENCE_TRAIN), name.equals("streamed")));
      TinyRun.Result result = TinyRun.execute(List.of("ppo", recipe.toString()));
      assertThat(result.code()).as(result.err()).isZero();
    }
    tiny.assertSame("memory", "streamed");
    assertEqual(Path.of("runs/memory/stages/reward/model.safetensors"),
        Path.of("runs/streamed/stages/reward/model.safetensors"));
  }

  /** Two optimiser steps on 20,000 rows, 5 million tokens, in a heap in which training in memory ends at once. */
  @Test
  @Tag("process")
  void demonstrationsLargerThanTheHeapAreTrainedOn() throws Exception {
    Path small = TinyDirectories.causal(directory.resolve("small"), 5);
    Path file = directory.resolve("large.jsonl");
    Random random = new Random(3);
    try (PrintStream out = new PrintStream(Files.newOutputStream(file), false, StandardCharsets.UTF_8)) {
      for (int row = 0; row < 20_000; row++) {
        StringBuilder answer = new StringBuilder();
        for (int i = 0; i < 120; i++) {
          answer.append((char) ('a' + random.nextInt(26))).append(' ');
        }
        out.append("{\"prompt\": \"q").append(String.valueOf(row)).append("\", \"response\": \"").append(answer)
            .append("\"}\n");
      }
    }
    List<String> arguments = List.of("sft", "--model", small.toString(), "--data", file.toString(), "-o",
        "sft.max_steps=2", "-o", "sft.batch_size=4", "-o", "data.max_length=256", "-o",
        "data.max_prompt_length=64", "-o", "threads=1");
    Path said = directory.resolve("large.out");
    assertThat(child(arguments, said)).as(Files.readString(said)).isZero();
  }

  private int child(List<String> arguments, Path said) throws Exception {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx40m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    command.addAll(STREAMING);
    command.addAll(List.of("--out", directory.resolve("large").toString()));
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start().waitFor();
  }

  private void assertSame(List<String> arguments, String said) throws IOException {
    String memory = execute(arguments, "memory", List.of()).replace("memory", "streamed");
    assertThat(execute(arguments, "streamed", STREAMING)).isEqualTo(memory).contains(said);
    assertEqual(Path.of("memory/model.safetensors"), Path.of("streamed/model.safetensors"));
    assertEqual(Path.of("memory/metrics.jsonl"), Path.of("streamed/metrics.jsonl"));
    assertThat(directory.resolve(".streamed.work")).doesNotExist();
  }

  private String execute(List<String> arguments, String out, List<String> more) {
    TinyRun.Result result = TinyRun.execute(Stream.of(arguments, LIMITS, more, List.of("--out",
        directory.resolve(out).toString())).flatMap(List::stream).toList());
    assertThat(result.code()).as(result.err()).isZero();
    return result.out();
  }

  private void assertEqual(Path one, Path other) throws IOException {
    assertThat(Files.mismatch(directory.resolve(one), directory.resolve(other))).as(one.toString()).isEqualTo(-1);
  }

  private Path withABadRow(Path file) throws IOException {
    return Files.writeString(directory.resolve("bad-" + file.getFileName()), Files.readString(file) + "no json\n");
  }
}
