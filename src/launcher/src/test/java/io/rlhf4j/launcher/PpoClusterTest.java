package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One recipe in one JVM, and in five that are started as a user would start them. */
@Tag("process")
class PpoClusterTest {

  @TempDir
  private Path directory;

  private final List<Process> children = new ArrayList<>();

  @AfterEach
  void stopNodes() {
    children.forEach(Process::destroyForcibly);
  }

  @Test
  void fiveProcessesPrintTheNumbersOfOne() throws Exception {
    TinyRun tiny = TinyRun.in(directory);
    String port = String.valueOf(freePort());
    Process coordinator = start("coordinator", "ppo", tiny.recipe().toString(), "-o", "name=separate", "-o",
        "cluster.port=" + port);
    for (RoleName role : RoleName.values()) {
      start(role.label(), "node", "--role", role.label(), "--join", "127.0.0.1:" + port);
    }
    boolean ended = coordinator.waitFor(2, TimeUnit.MINUTES);
    assertThat(ended && coordinator.exitValue() == 0).as("%s", logs()).isTrue();

    TinyRun.Result embedded = tiny.ppo("-o", "name=embedded");
    assertThat(embedded.code()).as(embedded.err()).isZero();
    assertThat(tiny.rows("separate", "ppo")).hasSize(3);
    assertThat(tiny.metrics("separate")).isEqualTo(tiny.metrics("embedded"));
    for (String file : List.of("samples.jsonl", "final/actor/model.safetensors", "final/critic/model.safetensors")) {
      assertThat(Files.mismatch(tiny.root("separate").resolve(file), tiny.root("embedded").resolve(file))).as(file)
          .isEqualTo(-1);
    }
    assertThat(Files.readString(log("coordinator"))).contains("waiting at 127.0.0.1:" + port,
        "as it should be (below 1e-4)");
  }

  private Process start(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    Process child =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log(name).toFile()).start();
    children.add(child);
    return child;
  }

  private Path log(String name) {
    return directory.resolve(name + ".log");
  }

  private String logs() throws IOException {
    StringBuilder all = new StringBuilder(Files.readString(log("coordinator")));
    for (RoleName role : RoleName.values()) {
      all.append("\n--- ").append(role.label()).append('\n').append(Files.readString(log(role.label())));
    }
    return all.toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
