package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.launcher.quickstart.QuickstartTask;
import io.rlhf4j.launcher.quickstart.TaskFile;
import io.rlhf4j.launcher.quickstart.TaskSizes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** A recipe whose whole run takes seconds: two layers of width 32, a few rows of the built-in task. */
final class TinyRun {

  /** Standard error belongs to the process: commands of other test classes do not run at the same time. */
  record Result(int code, String out, String err) {}

  private static final String RECIPE = """
      name: tiny
      run_dir: '%s'
      threads: 1
      task: customer-replies
      tokenizer: {vocab_size: 400}
      model: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 2,
              num_key_value_heads: 1, max_position_embeddings: 256, initializer_range: 0.1}
      data: {sft: '%s', preference_train: '%s', preference_test: '%s', prompts_train: '%s', prompts_test: '%s',
             max_length: 192, max_prompt_length: 96}
      sft: {epochs: 1, batch_size: 16, learning_rate: 3.0e-3}
      reward: {epochs: 1, batch_size: 16, learning_rate: 1.0e-3}
      ppo: {iterations: 3, prompts_per_iteration: 8, samples_per_prompt: 2, max_new_tokens: 12, mini_batch_size: 8,
            score_batch_size: 4, epochs: 2, eval_prompts: 6, actor: {learning_rate: 1.0e-3},
            critic: {learning_rate: 1.0e-3}}
      """;

  private final Path directory;
  private final Path recipe;

  private TinyRun(Path directory, Path recipe) {
    this.directory = directory;
    this.recipe = recipe;
  }

  /** Writes data and recipe. */
  static TinyRun in(Path directory) throws IOException {
    Path data = directory.resolve("data");
    new QuickstartTask(new TaskSizes(64, 64, 24, 24, 8)).generate(data, 17);
    String text = RECIPE.formatted(directory.resolve("runs"), TaskFile.SFT.in(data),
        TaskFile.PREFERENCE_TRAIN.in(data), TaskFile.PREFERENCE_TEST.in(data), TaskFile.PROMPTS_TRAIN.in(data),
        TaskFile.PROMPTS_TEST.in(data));
    return new TinyRun(directory, Files.writeString(directory.resolve("tiny.yaml"), text));
  }

  Path recipe() {
    return recipe;
  }

  Path data(TaskFile file) {
    return file.in(directory.resolve("data"));
  }

  /** The run directory of that name. */
  Path root(String name) {
    return directory.resolve("runs").resolve(name);
  }

  /** {@code rlhf ppo RECIPE} with more arguments. */
  Result ppo(String... more) {
    List<String> arguments = new ArrayList<>(List.of("ppo", recipe.toString()));
    arguments.addAll(List.of(more));
    return execute(arguments);
  }

  /**
   * Runs a command in a JVM of its own.
   *
   * @param said takes what it prints
   */
  static Process start(List<String> arguments, Path said) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
  }

  /** Any command line, in this JVM. */
  static Result execute(List<String> arguments) {
    StringWriter out = new StringWriter();
    var captured = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(captured, true, StandardCharsets.UTF_8));
    try {
      CommandLine commandLine = Main.commandLine();
      commandLine.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(System.err, true));
      int code = commandLine.execute(arguments.toArray(String[]::new));
      return new Result(code, out.toString(), captured.toString(StandardCharsets.UTF_8));
    } finally {
      System.setErr(before);
    }
  }

  /** Lines of metrics.jsonl that must repeat: all but the measured times and memory. */
  List<String> metrics(String name) throws IOException {
    return Files.readAllLines(root(name).resolve("metrics.jsonl")).stream()
        .filter(line -> !line.contains("\"stage\":\"ppo-time\""))
        .map(line -> line.replaceAll(",\"(peak_rss_mb|tokens_per_second)\":[0-9.E]+", "")).toList();
  }

  /** Two runs have the same metrics, samples and final models, byte for byte. */
  void assertSame(String one, String other) throws IOException {
    assertThat(metrics(one)).as("metrics of " + one).isEqualTo(metrics(other));
    assertSameFiles(one, other);
  }

  /** The same without the metrics of evaluations. */
  void assertSameTraining(String one, String other) throws IOException {
    assertThat(metrics(one).stream().filter(line -> !line.contains("\"stage\":\"eval\""))).as("metrics of " + one)
        .isEqualTo(metrics(other).stream().filter(line -> !line.contains("\"stage\":\"eval\"")).toList());
    assertSameFiles(one, other);
  }

  private void assertSameFiles(String one, String other) throws IOException {
    for (String file : List.of("samples.jsonl", "final/actor/model.safetensors", "final/critic/model.safetensors")) {
      assertThat(Files.mismatch(root(one).resolve(file), root(other).resolve(file))).as("%s of %s", file, one)
          .isEqualTo(-1);
    }
  }

  List<JsonNode> rows(String name, String stage) throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    for (String line : metrics(name)) {
      JsonNode row = new ObjectMapper().readTree(line);
      if (row.path("stage").asText().equals(stage)) {
        rows.add(row);
      }
    }
    return rows;
  }
}
