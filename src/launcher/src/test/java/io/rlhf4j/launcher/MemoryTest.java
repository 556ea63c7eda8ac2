package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Native memory over 200 PPO iterations, in a JVM whose Java heap has a fixed size and is touched from the start.
 * {@code -Drlhf4j.iterations=1000} takes more and prints memory, heap and step time ten times. {@code
 * -Drlhf4j.soak=1000} does the same with all that {@code rlhf ppo} is.
 */
@Tag("process")
class MemoryTest {

  /** Growth that a run without a leak stays far below: half a MB was measured. */
  private static final long BOUND_KB = 4 * 1024;

  @TempDir
  private Path directory;

  /** What the child said after warming up and at the end. */
  private record Growth(long tensors, long residentKb) {}

  @BeforeEach
  void needsProc() {
    assumeTrue(Files.exists(Path.of("/proc/self/status")), "resident memory is read from /proc");
  }

  @Test
  void iterationsKeepNothing() throws Exception {
    Growth growth = run(0);

    assertThat(growth.tensors()).isZero();
    assertThat(growth.residentKb()).isLessThan(BOUND_KB);
  }

  /** The bound means something only if it notices what it is there for: a small activation kept by each iteration. */
  @Test
  void oneTensorKeptByEachIterationIsNoticed() throws Exception {
    Growth growth = run(64 * 1024);

    assertThat(growth.tensors()).isEqualTo(MemoryRun.ITERATIONS);
    assertThat(growth.residentKb()).isGreaterThan(BOUND_KB);
  }

  /**
   * The whole of {@code rlhf ppo} in one JVM, with cluster, gRPC, metrics and checkpoints:
   * {@code -Drlhf4j.soak=1000} iterations. Prints resident memory, Java heap after a collection and step time ten
   * times.
   */
  @Test
  @EnabledIfSystemProperty(named = "rlhf4j.soak", matches = "\\d+")
  void theEmbeddedPipelineKeepsNothing() throws Exception {
    EmbeddedSoak soak = new EmbeddedSoak(directory, Integer.getInteger("rlhf4j.soak"));
    List<EmbeddedSoak.Report> reports = soak.run();
    System.out.println("iterations, resident kB, heap kB, median step ms");
    reports.forEach(System.out::println);
    assertThat(reports).hasSizeGreaterThan(5);
    EmbeddedSoak.Report early = reports.get(1);
    EmbeddedSoak.Report late = reports.getLast();
    // Of a thousand iterations, a leak of 64 KB each would be 50 MB.
    assertThat(late.residentKb() - early.residentKb()).isLessThan(25 * 1024);
    assertThat(late.heapKb() - early.heapKb()).isLessThan(8 * 1024);
  }

  private Growth run(int leakedBytes) throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xms96m",
        "-Xmx96m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
        "-Drlhf4j.iterations=" + MemoryRun.ITERATIONS,
        MemoryRun.class.getName(),
        directory.toString(), String.valueOf(leakedBytes)).redirectErrorStream(true).redirectOutput(output.toFile())
        .start();
    boolean ended = child.waitFor(Math.max(120L, MemoryRun.ITERATIONS * 2L), TimeUnit.SECONDS);
    child.destroyForcibly();
    String text = Files.readString(output);
    assertThat(ended && child.exitValue() == 0).as("%s", text).isTrue();
    List<long[]> reports =
        text.lines().filter(line -> line.matches("\\d+ \\d+ \\d+ \\d+ \\d+")).map(MemoryTest::numbers).toList();
    if (Integer.getInteger("rlhf4j.iterations") != null) {
      System.out.println("iterations, tensors, resident kB, heap kB, median step us\n" + text);
    }
    return new Growth(reports.getLast()[1] - reports.getFirst()[1], reports.getLast()[2] - reports.getFirst()[2]);
  }

  private static long[] numbers(String line) {
    return Arrays.stream(line.split(" ")).mapToLong(Long::parseLong).toArray();
  }
}
