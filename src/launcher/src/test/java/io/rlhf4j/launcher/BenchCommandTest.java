package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** No timed assertions: whether everything that was asked for is measured, of a model that takes milliseconds. */
@ResourceLock(Resources.SYSTEM_PROPERTIES)
class BenchCommandTest {

  @TempDir
  private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void saveModel() throws IOException {
    Files.createDirectories(directory);
    try (CausalModel model =
        CausalModel.random(new LlamaConfig(50, 32, 48, 2, 4, 2, 8, 1e-5, 10_000, 128, true), 0.1, 3)) {
      model.save(directory);
    }
  }

  @Test
  void reportsTrainingAndGenerationAsSharesOfTheMachine() throws IOException {
    assertThat(bench("--precision", "int8", "--batch", "1,3", "--json")).as(err.toString()).isZero();
    JsonNode report = new ObjectMapper().readTree(out.toString());
    assertThat(report.get("parameters").asLong()).isEqualTo(50 * 32 + 32 + 2 * (32 * 32 * 3 + 32 * 48 * 3 + 64));
    assertThat(report.at("/machine/flops_per_second").asDouble()).isPositive();
    assertThat(report.at("/machine/bytes_per_second").asDouble()).isPositive();
    assertThat(report.at("/training/tokens_per_second").asDouble()).isPositive();
    assertThat(report.at("/training/fraction_of_limit").asDouble()).isBetween(0.0, 1.5);
    assertThat(report.get("generation")).hasSize(2).allSatisfy(row -> {
      assertThat(row.at("/fp32/tokens_per_second").asDouble()).isPositive();
      assertThat(row.at("/fp32/fraction_of_limit").asDouble()).isPositive();
      assertThat(row.at("/int8/speedup").asDouble()).isPositive();
    });
    assertThat(report.at("/generation/1/batch").asInt()).isEqualTo(3);
  }

  @Test
  void countsThePromptTokensThatSamplesShare() throws IOException {
    assertThat(bench("--batch", "1", "--shared-prompts", "20", "--json")).as(err.toString()).isZero();
    JsonNode prompts = new ObjectMapper().readTree(out.toString()).get("prompts");
    assertThat(prompts.get("samples").asInt()).isEqualTo(64);
    assertThat(prompts.get("shared_tokens").asInt()).isEqualTo(8 * 20);
    assertThat(prompts.get("separate_tokens").asInt()).isEqualTo(64 * 20);
    assertThat(prompts.get("shared_seconds").asDouble()).isPositive();
    assertThat(prompts.get("separate_seconds").asDouble()).isPositive();
  }

  @Test
  void printsATable() {
    assertThat(bench("--batch", "2", "--shared-prompts", "5")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("GFLOP/s", "training, ", "generation, batch 2",
        "64 samples of 8 prompts: 40 prompt tokens in ", "; as 64 prompts: 320 tokens in ").doesNotContain("batch 8");
  }

  @Test
  void takesTurnsWithAnotherProgram() {
    InputStream before = System.in;
    System.setIn(new ByteArrayInputStream("train\ngenerate 2 fp32\ndpo\ngenerate 1 int8\ntrain\n"
        .getBytes(StandardCharsets.UTF_8)));
    try {
      assertThat(bench("--interactive", "--lengths", "20,5")).as(err.toString()).isZero();
    } finally {
      System.setIn(before);
    }
    assertThat(out.toString().lines()).hasSize(6).allMatch(line -> line.matches("\\d+\\.\\d{6}"));
    assertThat(out.toString().lines().skip(1)).noneMatch(line -> line.equals("0.000000"));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {"--seconds=0|--seconds: is 0.0, must be greater than 0",
      "--batch=1,0|--batch: is [1, 0], must be at least 1", "--new-tokens=1|--new-tokens: is 1, must be at least 2",
      "--lengths=1|--lengths: is [1], must be at least 2"})
  void wrongNumbersAreNamed(String option, String message) {
    assertThat(execute("bench", "--model", directory.toString(), option)).isEqualTo(2);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void anUnknownModelIsRefused() {
    assertThat(execute("bench", "--model", "7b")).isEqualTo(2);
    assertThat(err.toString()).contains("--model: is 7b, must be 5m, 100m or a model directory");
  }

  private int bench(String... more) {
    String[] arguments = new String[9 + more.length];
    String[] fixed = {"bench", "--model", directory.toString(), "--seconds", "0.01", "--tokens", "30", "--new-tokens",
        "4"};
    System.arraycopy(fixed, 0, arguments, 0, fixed.length);
    System.arraycopy(more, 0, arguments, fixed.length, more.length);
    return execute(arguments);
  }

  private int execute(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }
}
