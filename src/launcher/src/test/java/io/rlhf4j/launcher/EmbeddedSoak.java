package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** {@code rlhf ppo} on the tiny recipe in a JVM of its own, watched from outside while it goes on. */
final class EmbeddedSoak {

  private static final int REPORTS = 10;

  /** @param heapKb live objects, after a collection */
  record Report(int iterations, long residentKb, long heapKb, double medianStepMillis) {

    @Override
    public String toString() {
      return iterations + " " + residentKb + " " + heapKb + " " + Math.round(medianStepMillis);
    }
  }

  private final Path directory;
  private final int iterations;

  EmbeddedSoak(Path directory, int iterations) {
    this.directory = directory;
    this.iterations = iterations;
  }

  List<Report> run() throws Exception {
    TinyRun tiny = TinyRun.in(directory);
    Path output = directory.resolve("soak.log");
    Process child = new ProcessBuilder(java("java"), "-Xms96m", "-Xmx96m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Main.class.getName(), "ppo",
        tiny.recipe().toString(), "-o", "name=soak", "-o", "ppo.iterations=" + iterations).redirectErrorStream(true)
        .redirectOutput(output.toFile()).start();
    List<Report> reports = new ArrayList<>();
    try {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120 + 5L * iterations);
      Path metrics = tiny.root("soak").resolve("metrics.jsonl");
      while (!child.waitFor(100, TimeUnit.MILLISECONDS) && System.nanoTime() < end) {
        List<Double> steps = steps(metrics);
        if (steps.size() >= (reports.size() + 1) * iterations / REPORTS && steps.size() < iterations) {
          reports.add(report(child, steps));
        }
      }
      assertThat(child.isAlive() ? -1 : child.exitValue()).as("%s", Files.readString(output)).isZero();
      return reports;
    } finally {
      child.destroyForcibly();
    }
  }

  private Report report(Process child, List<Double> steps) throws IOException, InterruptedException {
    String pid = String.valueOf(child.pid());
    Process collected = new ProcessBuilder(java("jcmd"), pid, "GC.run").start();
    collected.getInputStream().readAllBytes();
    collected.waitFor();
    Process asked = new ProcessBuilder(java("jcmd"), pid, "GC.heap_info").start();
    String heap = new String(asked.getInputStream().readAllBytes());
    asked.waitFor();
    // As "def new generation   total 29504K, used 1234K" in JDK 21, "DefNew     total 29504K, used 1234K" in JDK 25, and
    // the same of the tenured generation.
    long used = heap.lines().filter(line -> line.matches(".* total \\d+K, used \\d+K.*"))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*used (\\d+)K.*", "$1"))).sum();
    assertThat(used).as("%s", heap).isPositive();
    List<Double> latest =
        steps.subList(Math.max(0, steps.size() - iterations / REPORTS), steps.size()).stream().sorted()
            .toList();
    return new Report(steps.size(), residentKb(pid), used, latest.get(latest.size() / 2) * 1e3);
  }

  private static String java(String program) {
    return Path.of(System.getProperty("java.home"), "bin", program).toString();
  }

  private static long residentKb(String pid) throws IOException {
    try (Stream<String> status = Files.lines(Path.of("/proc", pid, "status"))) {
      return Long.parseLong(
          status.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow().replaceAll("\\D", ""));
    }
  }

  /** Seconds of every iteration so far. */
  private static List<Double> steps(Path metrics) throws IOException {
    List<Double> steps = new ArrayList<>();
    if (Files.exists(metrics)) {
      for (String line : Files.readString(metrics).split("\n(?=\\{)|\n$")) {
        if (line.contains("\"stage\":\"ppo-time\"") && line.endsWith("}")) {
          JsonNode row = new ObjectMapper().readTree(line);
          double seconds = 0;
          for (String phase : List.of("generating", "scoring", "experience", "learning")) {
            seconds += row.path(phase + "_seconds").asDouble();
          }
          steps.add(seconds);
        }
      }
    }
    return steps;
  }
}
