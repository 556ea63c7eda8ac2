package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM to processes whose threads compute without a pause. */
@Tag("process")
class ExitGateTest {

  /** 128 + SIGTERM; a crash inside libtorch would be 134. */
  private static final int TERMINATED = 143;

  @TempDir
  private Path directory;

  @Test
  @Timeout(120)
  void afterASignalNoThreadComputesWhenTheProcessEnds() throws Exception {
    assertThat(signalled("compute")).contains("no thread computes");
    assertThat(directory.toFile().list()).as("crash reports").isEmpty();
  }

  @Test
  @Timeout(120)
  void whoHoldsTheGateComputesOnAfterTheSignal() throws Exception {
    assertThat(signalled("hold")).contains("8 after the signal: 8.0");
  }

  private String signalled(String mode) throws Exception {
    Process child = start(mode);
    awaitLine(child, "computing");
    // Process.destroy would close the stream that the rest is read from.
    child.toHandle().destroy();
    String rest = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor()).isEqualTo(TERMINATED);
    return rest;
  }

  private Process start(String mode) throws Exception {
    List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx128m",
        "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
        ExitGateRun.class.getName(), mode);
    return new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
  }

  private static void awaitLine(Process child, String wanted) throws Exception {
    var line = new StringBuilder();
    int next = child.getInputStream().read();
    while (next >= 0 && line.indexOf(wanted) < 0) {
      line.append((char) next);
      next = child.getInputStream().read();
    }
    assertThat(line.toString()).contains(wanted);
  }
}
