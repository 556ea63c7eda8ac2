package io.rlhf4j.launcher.ppo;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.rpc.RoleName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Five JVMs: this one coordinates, each role has its own, and none has a model. {@code -Drlhf4j.processes=true};
 * {@code KillMatrixTest} does it with the real roles and in the normal tests.
 */
@Tag("process")
@EnabledIfSystemProperty(named = "rlhf4j.processes", matches = "true")
class PpoProcessTest {

  @TempDir
  Path directory;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Map<RoleName, Process> children = new EnumMap<>(RoleName.class);
  private final Set<RoleName> restarted = EnumSet.noneOf(RoleName.class);
  private Path model;
  private String seed;
  private Placement placement;

  @BeforeEach
  void startRoles() throws IOException {
    model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    Metrics.addRegistry(meters);
    start(RoleName.REFERENCE);
    seed = awaitListening(RoleName.REFERENCE);
    for (RoleName role : List.of(RoleName.ACTOR, RoleName.CRITIC, RoleName.REWARD)) {
      start(role, seed);
    }
    placement = new Placement.Separate(new ClusterConfig("127.0.0.1", 0, List.of(seed), 60));
  }

  @AfterEach
  void stopRoles() {
    children.values().forEach(Process::destroyForcibly);
    Metrics.removeRegistry(meters);
  }

  @Test
  void fiveProcessesPrintWhatOnePrints() throws Exception {
    ToyRun separate = new ToyRun(directory.resolve("saved-separate"));
    PpoRun.execute(separate.spec(model, Map.of(), placement));
    ToyRun embedded = new ToyRun(directory.resolve("saved-embedded"));
    PpoRun.execute(embedded.spec(model, Map.of(),
        new Placement.Embedded(ToyRoles.factories(), directory.resolve("work-embedded"))));
    assertThat(separate.metricLines()).hasSize(3).isEqualTo(embedded.metricLines());

    // Lost between iterations, after the checkpoint of the second: both learners go back to it.
    ToyRun disturbed = new ToyRun(directory.resolve("saved-disturbed"));
    PpoRun.execute(disturbed.spec(model, Map.of(), placement, finished -> restart(RoleName.CRITIC, finished)));
    assertThat(disturbed.metricLines()).isEqualTo(embedded.metricLines());

    double replaced = replacements("reward");
    // Found missing in the middle of an iteration, which goes on with its next node.
    ToyRun patched = new ToyRun(directory.resolve("saved-patched"));
    PpoRun.execute(patched.spec(model, Map.of(), placement, finished -> restart(RoleName.REWARD, finished)));
    assertThat(patched.metricLines()).isEqualTo(embedded.metricLines());
    assertThat(replacements("reward")).isGreaterThan(replaced);
    assertThat(patched.calls().stream().filter("evaluate 2"::equals)).hasSize(1);

    Process actor = children.get(RoleName.ACTOR);
    actor.destroy();
    assertThat(actor.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(directory.resolve("work-actor")).isEmptyDirectory();
  }

  private double replacements(String role) {
    return meters.counter("rlhf.role.replacements", "role", role).count();
  }

  /** Nobody does more for a node that died than to start it again. */
  private void restart(RoleName role, int finished) {
    if (finished == 2 && !restarted.contains(role)) {
      restarted.add(role);
      children.get(role).destroyForcibly().onExit().join();
      try {
        start(role, seed);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void start(RoleName role, String... seeds) throws IOException {
    Path work = Files.createDirectories(directory.resolve("work-" + role.label()));
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), ToyNode.class.getName(),
        role.label(), work.toString()));
    command.addAll(List.of(seeds));
    Process child = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    children.put(role, child);
  }

  private String awaitListening(RoleName role) throws IOException {
    BufferedReader output = children.get(role).inputReader();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith("listening ")) {
        return line.substring("listening ".length());
      }
    }
    throw new IOException("the " + role.label() + "'s JVM ended before it listened");
  }
}
