package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.TinyDirectories;
import io.rlhf4j.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Training where the operating system refuses memory: in processes of their own with a limit, which libtorch meets. */
@Tag("process")
class LimitedMemoryTest {

  private static final Pattern FOUND = Pattern.compile("auto_find_batch_size: (\\d+) tokens in a pass; (\\d+) did not "
      + "fit \\(libtorch could not allocate \\d+ bytes\\)");

  @TempDir
  private Path directory;

  private Path model = Path.of("");
  private Path data = Path.of("");

  @BeforeEach
  void writeModelAndRows() throws IOException {
    assumeThat(Path.of("/usr/bin/prlimit")).exists();
    model = TinyDirectories.causal(directory.resolve("model"), 5);
    try (Tokenizer tokenizer = Tokenizer.load(model); CausalModel wide = CausalModel.random(
        new LlamaConfig(tokenizer.vocabularySize(), 128, 512, 4, 2, 2, 64, 1e-5, 1e4, 512, false), 0.05, 5)) {
      wide.save(model);
    }
    data = Files.writeString(directory.resolve("rows.jsonl"), IntStream.range(0, 96)
        .mapToObj(i -> "{\"prompt\": \"q" + i + "\", \"response\": \"" + "xyz".repeat(80) + i + "\"}")
        .collect(Collectors.joining("\n")));
  }

  /** Takes two trainings, about half a minute: {@code -Drlhf4j.limits=true}. */
  @Test
  @EnabledIfSystemProperty(named = "rlhf4j.limits", matches = "true")
  void aPassThatDoesNotFitLeavesTheRunAsOneThatWasToldTheSize() throws Exception {
    String said = sft("found", 250, "-o", "sft.auto_find_batch_size=true");

    Matcher found = FOUND.matcher(said);
    assertThat(found.find()).as(said).isTrue();
    int tokens = Integer.parseInt(found.group(1));
    assertThat(Integer.parseInt(found.group(2))).isEqualTo(2 * tokens);
    // The step learns from 24 rows of about 250 tokens: in more than one pass.
    assertThat(tokens).isBetween(256, 4096);
    sft("told", 4000, "-o", "sft.micro_batch_tokens=" + tokens);
    assertThat(Files.mismatch(directory.resolve("found/model.safetensors"),
        directory.resolve("told/model.safetensors"))).isEqualTo(-1);
  }

  @Test
  void withoutItTheRunEndsWithOneLine() throws Exception {
    Path said = directory.resolve("said");
    assertThat(child(said, 250, arguments("none", "-o", "sft.batch_size=48"))).isEqualTo(1);
    assertThat(Files.readAllLines(said).stream().filter(line -> line.startsWith("rlhf: "))).singleElement().asString()
        .startsWith("rlhf: out of memory: libtorch could not allocate ").contains("lower micro_batch_tokens");
  }

  private String sft(String name, int mebibytes, String... more) throws Exception {
    Path said = directory.resolve(name + ".said");
    int code = child(said, mebibytes, arguments(name, more));
    assertThat(code).as(Files.readString(said)).isZero();
    return Files.readString(said);
  }

  private List<String> arguments(String name, String... more) {
    List<String> arguments = new ArrayList<>(List.of("sft", "--model", model.toString(), "--data", data.toString(),
        "--out", directory.resolve(name).toString(), "-o", "sft.batch_size=24", "-o", "sft.max_steps=1", "-o",
        "data.max_length=300", "-o", "data.max_prompt_length=40", "-o", "threads=1"));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private int child(Path said, int mebibytes, List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx128m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), LimitedRun.class.getName(), String.valueOf(mebibytes)));
    command.addAll(arguments);
    ProcessBuilder process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile());
    // Each further arena of the C library would map 64 MiB.
    process.environment().put("MALLOC_ARENA_MAX", "1");
    return process.start().waitFor();
  }
}
