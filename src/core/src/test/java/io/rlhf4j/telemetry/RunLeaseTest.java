package io.rlhf4j.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may work in a run directory: this JVM, or a child that is killed, frozen and woken up. */
@Tag("process")
class RunLeaseTest {

  @TempDir
  private Path directory;

  private final List<Process> children = new ArrayList<>();

  @AfterEach
  void stop() {
    children.forEach(Process::destroyForcibly);
  }

  @Test
  void oneAtATimeAndNothingIsLeft() throws IOException {
    Path root = directory.resolve("runs/tiny");
    try (RunLease lease = RunLease.acquire(root, RunLeaseTest::never)) {
      assertThat(lease.epoch()).isEqualTo(1);
      lease.check();
      assertThatThrownBy(() -> RunLease.acquire(root, RunLeaseTest::never)).isInstanceOf(InputException.class)
          .hasMessageStartingWith(root + ": process " + ProcessHandle.current().pid() + " on ")
          .hasMessageEndingWith(" works on this run; wait until it is done, or choose another name");
    }
    try (var files = Files.list(directory.resolve("runs"))) {
      assertThat(files).isEmpty();
    }
    try (RunLease again = RunLease.acquire(root, RunLeaseTest::never)) {
      assertThat(again.epoch()).isEqualTo(1);
    }
  }

  @Test
  void theLeaseOfAProcessThatWasKilledIsFreeAtOnce() throws Exception {
    Path root = directory.resolve("tiny");
    Process holder = hold(root);
    String[] first = line(holder).split(" ");
    assertThatThrownBy(() -> RunLease.acquire(root, RunLeaseTest::never)).isInstanceOf(InputException.class)
        .hasMessageContaining("process " + holder.pid() + " on ");

    holder.destroyForcibly().waitFor();
    try (RunLease lease = RunLease.acquire(root, RunLeaseTest::never)) {
      assertThat(lease.run()).isEqualTo(first[1]);
      assertThat(lease.epoch()).isEqualTo(Long.parseLong(first[2]) + 1);
    }
  }

  @Test
  void aProcessThatWasFrozenFindsItselfReplacedAndEnds() throws Exception {
    Path root = directory.resolve("tiny");
    Process frozen = hold(root);
    line(frozen);
    signal("STOP", frozen);

    List<String> waited = new ArrayList<>();
    Optional<RunLease> taken = RunLease.await(root, Duration.ofSeconds(3), RunLeaseTest::never, waited::add);
    try (RunLease lease = taken.orElseThrow()) {
      assertThat(lease.epoch()).isEqualTo(2);
      assertThat(waited).singleElement().asString().startsWith("process " + frozen.pid());
      lease.check();

      signal("CONT", frozen);
      assertThat(frozen.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(frozen.exitValue()).isEqualTo(LeaseHolder.REPLACED);
      assertThat(line(frozen)).startsWith(root + ": this process was silent and the run was taken over by process "
          + ProcessHandle.current().pid() + " on ").endsWith("(epoch 2); it ends here and changes nothing more");
      lease.check();
    }
  }

  @Test
  void whoStandsByEndsWithTheRun() throws Exception {
    Path root = Files.createDirectories(directory.resolve("tiny"));
    Process holder = hold(root);
    line(holder);
    Files.createFile(root.resolve("finished"));
    holder.destroyForcibly().waitFor();
    assertThat(RunDirectory.isFinished(root)).isTrue();

    Process other = hold(root);
    line(other);
    Optional<RunLease> lease =
        RunLease.await(root, Duration.ofMinutes(1), RunLeaseTest::never, holds -> other.destroyForcibly());
    assertThat(lease).isEmpty();
  }

  private static void never(String line) {
    throw new AssertionError("not replaced by anybody, but " + line);
  }

  private Process hold(Path root) throws IOException {
    Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx64m",
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
        LeaseHolder.class.getName(), root.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    children.add(child);
    return child;
  }

  /** The next line that is no log. */
  private static String line(Process child) throws IOException {
    BufferedReader output = child.inputReader();
    String line = output.readLine();
    while (line != null && !line.startsWith("holds ") && !line.startsWith("/")) {
      line = output.readLine();
    }
    return String.valueOf(line);
  }

  private static void signal(String name, Process process) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor()).isZero();
  }
}
