package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jdi.VMDisconnectedException;
import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every process of a run is killed (-9) in every phase of an iteration and started again by the same command; the run
 * has to end with the bytes of one that nobody disturbed. A debugger holds the thread that does the work of the phase
 * while the process dies.
 *
 * <p>{@code -Drlhf4j.kill=all} does all 25; {@code -Drlhf4j.kill=actor-update,reward-score} does some.
 */
@Tag("process")
class KillMatrixTest {

  /**
   * A learner, which takes all back to the last checkpoint. That a scorer is replaced within a stage is in
   * FlywheelClusterTest, a coordinator's end in ResumeTest and PartitionTest.
   */
  private static final String SHORT_FORM = "actor-update";
  private static final List<String> VICTIMS = List.of("actor", "critic", "reward", "reference", "coordinator");
  private static final String COORDINATOR = "coordinator";
  private static final String ITERATION = "io.rlhf4j.launcher.pipeline.PpoObserver#iteration";

  private enum Phase {
    GENERATE,
    SCORE,
    ADVANTAGE,
    UPDATE,
    CHECKPOINT;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** A method that runs in the middle of a phase, the process that runs it, and how often before it is held. */
  private record Place(String process, String method, int hit) {}

  /** Seconds: from the start of the new process until it listens, and from there until the run goes on. */
  private record Cell(double started, double resumed) {}

  @TempDir
  private Path directory;

  private TinyRun tiny;
  private Fleet fleet;
  private List<String> recipe;

  @BeforeEach
  void prepare() throws IOException {
    tiny = TinyRun.in(directory);
    fleet = new Fleet(directory);
    recipe = List.of("ppo", tiny.recipe().toString(), "-o", "ppo.iterations=4", "-o", "ppo.save_steps=2", "-o",
        "ppo.kl_target=6");
  }

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void aProcessKilledInAnyPhaseChangesNothing() throws Exception {
    TinyRun.Result straight = TinyRun.execute(Fleet.with(recipe, "-o", "name=straight"));
    assertThat(straight.code()).as(straight.err()).isZero();
    for (RoleName role : RoleName.values()) {
      fleet.node(role.label(), role);
    }
    Map<Phase, Map<String, Cell>> matrix = new EnumMap<>(Phase.class);
    String former = null;
    for (String wanted : wanted()) {
      String victim = wanted.substring(0, wanted.indexOf('-'));
      Phase phase = Phase.valueOf(wanted.substring(wanted.indexOf('-') + 1).toUpperCase(Locale.ROOT));
      begin(wanted, former);
      Cell cell = disturbed(victim, phase, wanted);
      tiny.assertSame(wanted, "straight");
      matrix.computeIfAbsent(phase, unused -> new TreeMap<>()).put(victim, cell);
      System.out.printf("killed the %s in phase %s: same bytes, listens %.1f s after its start, resumed %.1f s later%n",
          victim, phase.label(), cell.started(), cell.resumed());
      former = wanted;
    }
    System.out.println(table(matrix));
    terminate();
  }

  /** The stages before PPO are those of the undisturbed run: they take no part. */
  private void begin(String name, String former) throws IOException {
    Path from = tiny.root("straight");
    Path to = tiny.root(name);
    try (Stream<Path> all = Files.walk(from)) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        String inside = from.relativize(file).toString();
        if (!inside.startsWith("fin") && !inside.startsWith("samples") && !inside.equals("run.log")) {
          Files.createDirectories(to.resolve(inside).getParent());
          Files.copy(file, to.resolve(inside), StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
    if (former != null) {
      Files.copy(tiny.root(former).resolve("cluster.json"), to.resolve("cluster.json"));
    }
    coordinator(name);
  }

  private void coordinator(String name) throws IOException {
    fleet.start(COORDINATOR, Fleet.with(recipe, "-o", "name=" + name, "-o",
        "cluster.port=" + fleet.port(COORDINATOR), "-o", "cluster.roles_wait_seconds=300"));
  }

  private Cell disturbed(String victim, Phase phase, String name) throws Exception {
    try {
      return disturb(victim, phase, name);
    } catch (VMDisconnectedException | ConditionTimeoutException e) {
      throw new AssertionError(fleet.logs(name), e);
    }
  }

  private Cell disturb(String victim, Phase phase, String name) throws Exception {
    Place place = place(victim, phase);
    try (Debugger coordinator = fleet.debug(COORDINATOR)) {
      // The commit after two iterations is there, or, to be killed while it is written, comes next.
      coordinator.hold(ITERATION, phase == Phase.CHECKPOINT ? 2 : 3);
      try (Debugger other = place.process().equals(COORDINATOR) ? null : fleet.debug(place.process())) {
        Debugger there = other == null ? coordinator : other;
        there.breakAt(place.method(), place.hit());
        coordinator.goOn();
        there.await(place.method());
        fleet.kill(victim);
      }
    }
    return restart(victim, name);
  }

  private static Place place(String victim, Phase phase) {
    boolean learner = victim.equals("actor") || victim.equals("critic");
    String role = victim.equals(COORDINATOR) ? "reward" : victim;
    return switch (phase) {
      case GENERATE -> new Place("actor", "io.rlhf4j.rpc.InboundCall#send", 3);
      // The actor's first 16 messages are its rollouts.
      case SCORE -> new Place(role, "io.rlhf4j.rpc.InboundCall#send", role.equals("actor") ? 22 : 6);
      case ADVANTAGE -> new Place(COORDINATOR, "io.rlhf4j.rl.ExperienceMaker#make", 1);
      case UPDATE -> new Place(learner ? victim : "actor", "io.rlhf4j.train.Optimizer#step", 2);
      case CHECKPOINT -> switch (victim) {
        case "actor" -> new Place(victim, "io.rlhf4j.actor.PpoActor#checkpoint", 1);
        case "critic" -> new Place(victim, "io.rlhf4j.critic.PpoCritic#checkpoint", 1);
        default -> new Place(COORDINATOR, "io.rlhf4j.train.CheckpointManifest#write", 1);
      };
    };
  }

  private Cell restart(String victim, String name) throws Exception {
    Path log = tiny.root(name).resolve("run.log");
    long before = resumptions(log);
    long start = System.nanoTime();
    if (victim.equals(COORDINATOR)) {
      coordinator(name);
      fleet.await(fleet.log(COORDINATOR), "waiting at");
    } else {
      fleet.node(victim, RoleName.of(victim));
      fleet.await(fleet.log(victim), " serves ");
    }
    long back = System.nanoTime();
    Awaitility.await().atMost(Fleet.PATIENCE).pollInterval(Duration.ofMillis(20))
        .until(() -> resumptions(log) > before || !fleet.process(COORDINATOR).isAlive());
    long resumed = System.nanoTime();
    fleet.awaitExit(COORDINATOR, 0);
    return new Cell((back - start) / 1e9, (resumed - back) / 1e9);
  }

  private static long resumptions(Path log) throws IOException {
    if (!Files.exists(log)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(log)) {
      return lines.filter(line -> line.contains(" is back, iteration ") || line.contains(", going on after "))
          .count();
    }
  }

  /** SIGTERM ends every node with 0. */
  private void terminate() throws Exception {
    for (RoleName role : RoleName.values()) {
      fleet.process(role.label()).destroy();
    }
    for (RoleName role : RoleName.values()) {
      fleet.awaitExit(role.label(), 0);
    }
  }

  private static List<String> wanted() {
    String property = System.getProperty("rlhf4j.kill", SHORT_FORM);
    if (!property.equals("all")) {
      return Arrays.asList(property.split(","));
    }
    List<String> all = new ArrayList<>();
    for (Phase phase : Phase.values()) {
      VICTIMS.forEach(victim -> all.add(victim + "-" + phase.label()));
    }
    return all;
  }

  private static String table(Map<Phase, Map<String, Cell>> matrix) {
    StringBuilder text =
        new StringBuilder("\nseconds from the new process' listening to work resumed (from its start)\n");
    text.append("%-12s".formatted("killed in"));
    VICTIMS.forEach(victim -> text.append("%16s".formatted(victim)));
    matrix.forEach((phase, cells) -> {
      text.append("\n%-12s".formatted(phase.label()));
      VICTIMS.forEach(victim -> text.append("%16s".formatted(cells.containsKey(victim)
          ? "%.1f (%.1f)".formatted(cells.get(victim).resumed(),
              cells.get(victim).started() + cells.get(victim).resumed())
          : "")));
    });
    return text.append('\n').toString();
  }
}
