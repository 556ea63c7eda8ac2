package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.train.CheckpointStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run in a process of its own that is killed, and what the same command makes of it. */
@Tag("process")
class ResumeTest {

  private static final String[] LONG = {"-o", "ppo.iterations=6", "-o", "ppo.save_steps=2", "-o", "ppo.kl_target=6",
      "-o", "ppo.eval_steps=1"};

  @TempDir
  private Path directory;

  private TinyRun tiny;
  private final List<Process> children = new ArrayList<>();

  @BeforeEach
  void writeRecipe() throws IOException {
    tiny = TinyRun.in(directory);
  }

  @AfterEach
  void stop() {
    children.forEach(Process::destroyForcibly);
  }

  @Test
  void aKilledRunGoesOnAndEndsWithTheSameBytes() throws Exception {
    assertThat(tiny.ppo(with("name=straight")).code()).isZero();

    Process killed = start("name=broken");
    awaitIterations("broken", 3);
    killed.destroyForcibly().waitFor();
    Path latest = newest(tiny.root("broken").resolve("checkpoints/ppo"));
    assertThat(tiny.root("broken").resolve("stages/sft")).isDirectory();

    TinyRun.Result other = tiny.ppo(with("name=broken", "-o", "ppo.clip_range=0.1"));
    assertThat(other.code()).isEqualTo(2);
    assertThat(other.err()).contains(
        "(now clip_range: 0.1); go on with that recipe, choose another name, or give --fresh");

    everyDamageIsDetected(latest);

    // The newest checkpoint is damaged: the one before is used.
    Path weights = latest.resolve("actor/model.safetensors");
    byte[] content = Files.readAllBytes(weights);
    content[content.length / 2] ^= 4;
    Files.write(weights, content);
    TinyRun.Result resumed = tiny.ppo(with("name=broken"));
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.out()).contains("going on with the unfinished run", "before PPO");
    assertThat(resumed.err()).contains(latest.getFileName() + ": is not usable");
    tiny.assertSame("broken", "straight");
    assertThat(tiny.root("broken").resolve("final/best/actor/model.safetensors"))
        .hasSameBinaryContentAs(tiny.root("straight").resolve("final/best/actor/model.safetensors"));
    assertThat(tiny.root("broken").resolve("checkpoints")).doesNotExist();
  }

  /** Its learners have adapters beside weights in 4 bits; the actor imitates and is averaged; there are warnings. */
  @Test
  void aRunThatIsToldToStopLeavesACheckpointAndExitsWithZero() throws Exception {
    String[] keys = {"-o", "model={lora: {r: 4}, quantization: nf4}", "-o", "ppo={ptx_coef: 0.5, ema_beta: 0.9}"};
    Process stopped = start("name=stopped", keys);
    awaitIterations("stopped", 1);
    stopped.destroy();
    assertThat(stopped.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(stopped.exitValue()).isZero();
    assertThat(Files.readString(log("name=stopped"))).contains("stopped; the same command goes on");

    TinyRun.Result resumed = tiny.ppo(with("name=stopped", more(keys, "--resume")));
    assertThat(resumed.code()).as(resumed.err()).isZero();
    TinyRun.Result straight = tiny.ppo(with("name=straight", keys));
    assertThat(straight.code()).as(straight.err()).isZero();
    tiny.assertSame("stopped", "straight");
    assertThat(Files.mismatch(tiny.root("stopped").resolve("final/actor/ema/model.safetensors"),
        tiny.root("straight").resolve("final/actor/ema/model.safetensors"))).isEqualTo(-1);
    assertThat(warnings(resumed)).isEqualTo(warnings(straight)).isNotEmpty();

    TinyRun.Result again = tiny.ppo(with("name=stopped", more(keys, "--resume")));
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err()).contains("holds a finished run, so there is nothing to resume");
  }

  private static List<String> warnings(TinyRun.Result result) {
    return result.out().lines().filter(line -> line.startsWith("warning (")).toList();
  }

  private static String[] more(String[] keys, String last) {
    return Stream.concat(Stream.of(keys), Stream.of(last)).toArray(String[]::new);
  }

  /**
   * A file of the newest checkpoint cut short or a flipped bit, at places drawn from a seed;
   * {@code -Drlhf4j.damages=1000} tries more of them.
   */
  private static void everyDamageIsDetected(Path newest) throws IOException {
    CheckpointStore store = new CheckpointStore(newest.getParent(), 2);
    List<Path> files;
    try (Stream<Path> all = Files.walk(newest)) {
      files = all.filter(Files::isRegularFile).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(5);
    Random random = new Random(7);
    for (int trial = 0; trial < Integer.getInteger("rlhf4j.damages", 100); trial++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] before = Files.readAllBytes(file);
      assertThat(before).as("%s", file).isNotEmpty();
      int place = random.nextInt(before.length);
      byte[] after = before.clone();
      after[place] ^= (byte) (1 << random.nextInt(8));
      Files.write(file, random.nextBoolean() ? after : Arrays.copyOf(before, place));
      assertThat(store.latest().orElseThrow().directory()).as("trial %d: %s at byte %d", trial, file, place)
          .isNotEqualTo(newest);
      Files.write(file, before);
    }
    assertThat(store.latest().orElseThrow().directory()).isEqualTo(newest);
  }

  private void awaitIterations(String name, int count) {
    Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(20)).ignoreExceptions()
        .until(() -> tiny.rows(name, "ppo").size() >= count);
  }

  private static Path newest(Path checkpoints) throws IOException {
    try (Stream<Path> all = Files.list(checkpoints)) {
      return all.filter(path -> path.getFileName().toString().startsWith("step-")).max(Path::compareTo).orElseThrow();
    }
  }

  private static String[] with(String name, String... more) {
    List<String> arguments = new ArrayList<>(List.of(LONG));
    arguments.addAll(List.of("-o", name));
    arguments.addAll(List.of(more));
    return arguments.toArray(String[]::new);
  }

  private Process start(String name, String... more) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName(), "ppo", tiny.recipe().toString()));
    command.addAll(List.of(with(name, more)));
    Process child =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log(name).toFile()).start();
    children.add(child);
    return child;
  }

  private Path log(String name) {
    return directory.resolve(name + ".log");
  }
}
