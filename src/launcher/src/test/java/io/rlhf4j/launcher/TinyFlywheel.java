package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * One round of a flywheel over tiny data, in this JVM or in another one that is killed.
 *
 * @param tiny recipe and data
 * @param directory for the output of other JVMs
 */
record TinyFlywheel(TinyRun tiny, Path directory) {

  /** Runs the command in this JVM. */
  TinyRun.Result run(String name, String... more) {
    List<String> arguments = arguments(name);
    arguments.addAll(List.of(more));
    return TinyRun.execute(arguments);
  }

  /** Starts the command in another JVM and kills that with SIGKILL as soon as the file is there. */
  void killWhen(String name, Path file) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m", "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments(name));
    Path output = directory.resolve("output");
    Process child = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      Awaitility.await().atMost(Duration.ofMinutes(5)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1))
          .until(() -> Files.exists(file) || !child.isAlive());
      assertThat(child.isAlive()).as(Files.readString(output)).isTrue();
    } finally {
      child.destroyForcibly().onExit().join();
    }
  }

  /** The same files with the same bytes; says which differ, and of one of them how. */
  static void assertSame(TreeMap<String, Path> actual, TreeMap<String, Path> expected) throws IOException {
    assertThat(actual.keySet()).isEqualTo(expected.keySet()).hasSizeGreaterThan(40);
    List<String> different = new ArrayList<>();
    for (String name : expected.keySet()) {
      if (Files.mismatch(actual.get(name), expected.get(name)) >= 0) {
        different.add(name);
      }
    }
    for (String name : different.stream().filter(file -> file.contains(".json")).limit(1).toList()) {
      assertThat(Files.readString(actual.get(name))).as("%s of %s", name, different)
          .isEqualTo(Files.readString(expected.get(name)));
    }
    assertThat(different).isEmpty();
  }

  /** All files but the recipe and the report, which name the run. */
  static TreeMap<String, Path> files(Path root) throws IOException {
    TreeMap<String, Path> files = new TreeMap<>();
    try (Stream<Path> all = Files.walk(root)) {
      all.filter(Files::isRegularFile)
          .filter(file -> !file.equals(root.resolve("config.yaml")) && !file.equals(root.resolve("report.html")))
          .forEach(file -> files.put(root.relativize(file).toString(), file));
    }
    return files;
  }

  /** The command line. */
  List<String> arguments(String name) {
    List<String> arguments = new ArrayList<>(List.of("flywheel", tiny.recipe().toString()));
    for (String override : List.of("name=" + name, "flywheel.rounds=1", "flywheel.prompts_per_round=16",
        "flywheel.samples_per_prompt=2", "flywheel.labels_per_round=8", "flywheel.validation_prompts=8",
        "flywheel.sft_select.finished_only=false", "flywheel.pair_select.finished_only=false",
        "flywheel.sft.batch_size=8", "flywheel.sft.learning_rate=1.0e-3", "flywheel.refresh.batch_size=8",
        "flywheel.refresh.save_steps=1", "dpo.batch_size=8", "dpo.learning_rate=1.0e-3", "dpo.save_steps=1",
        "reward.save_steps=1")) {
      arguments.addAll(List.of("-o", override));
    }
    return arguments;
  }
}
