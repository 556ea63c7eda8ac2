package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.jdi.VMDisconnectedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run on several machines of which some cannot reach the others any more. Other systems than Linux do not answer at
 * every loopback address.
 */
@Tag("process")
@EnabledOnOs(OS.LINUX)
class PartitionTest {

  private static final String COORDINATOR = "coordinator";
  private static final String STANDBY = "standby";
  private static final String LEARNERS = "learners";
  private static final String FROZEN = "frozen";
  private static final String ITERATION = "io.rlhf4j.launcher.pipeline.PpoObserver#iteration";
  private static final Pattern ENDPOINT = Pattern.compile("(?:actor|critic|reward|reference) at \\w+:(\\d+)");

  @TempDir
  private Path directory;

  private TinyRun tiny;
  private Fleet fleet;
  private Links links;
  private List<String> recipe;

  @BeforeEach
  void start() throws Exception {
    tiny = TinyRun.in(directory);
    fleet = new Fleet(directory);
    links = new Links(directory, COORDINATOR, STANDBY, LEARNERS, FROZEN);
    recipe = List.of("ppo", tiny.recipe().toString(), "-o", "ppo.iterations=4", "-o", "ppo.save_steps=2", "-o",
        "ppo.kl_target=6");
    machine(COORDINATOR, coordinator(COORDINATOR));
    node(LEARNERS, "actor,critic");
    node(FROZEN, "reference,reward");
    serving(LEARNERS);
    serving(FROZEN);
  }

  @AfterEach
  void stop() {
    fleet.close();
    links.close();
  }

  /** The side with the roles goes on, under another coordinator; the first one ends before that begins. */
  @Test
  void aCoordinatorThatIsCutOffMakesWayForTheOneThatTheRolesReach() throws Exception {
    play(this::cutCoordinator);
    assertThat(lines(COORDINATOR, "rlhf: ")).singleElement().asString()
        .contains("the other nodes of the cluster were out of reach and go on without this one; "
            + "the same command goes on with the run");
    assertThat(Files.readString(fleet.log(STANDBY))).contains("going on with the unfinished run in ");
    assertEndsAsIfNothingHadHappened();
  }

  private void cutCoordinator() throws Exception {
    try (Debugger first = fleet.debug(COORDINATOR); Holders holders = new Holders()) {
      // One iteration after the checkpoint.
      first.hold(ITERATION, 3);
      machine(STANDBY, Fleet.with(coordinator(STANDBY), "--standby", "60"));
      fleet.await(fleet.log(STANDBY), "standing by: process " + fleet.process(COORDINATOR).pid());
      List.of(STANDBY, LEARNERS, FROZEN).forEach(other -> links.cut(COORDINATOR, other));
      first.goOn();
      fleet.awaitExit(COORDINATOR, Failure.UNEXPECTED);
      fleet.awaitExit(STANDBY, 0);
      assertThat(holders.seen()).containsExactly(fleet.process(COORDINATOR).pid(), fleet.process(STANDBY).pid());
    }
  }

  /** The side of the coordinator goes on, once the node that was cut off is started again. */
  @Test
  @EnabledIfSystemProperty(named = "rlhf4j.partition", matches = "all")
  void aRoleNodeThatIsCutOffEndsAndIsStartedAgain() throws Exception {
    play(this::cutLearners);
    assertEndsAsIfNothingHadHappened();
  }

  private void cutLearners() throws Exception {
    try (Debugger first = fleet.debug(COORDINATOR)) {
      first.hold(ITERATION, 3);
      List.of(COORDINATOR, FROZEN).forEach(other -> links.cut(LEARNERS, other));
      first.goOn();
    }
    fleet.awaitExit(LEARNERS, Failure.UNEXPECTED);
    assertThat(lines(LEARNERS, "rlhf: ")).singleElement().asString()
        .contains("the other nodes of the cluster were out of reach and go on without this one; start it again");
    links.mend();
    node(LEARNERS, "actor,critic");
    serving(LEARNERS);
    fleet.awaitExit(COORDINATOR, 0);
  }

  /** What happens between processes, whose words are wanted if it does not go as it should. */
  @FunctionalInterface
  private interface Scene {
    void play() throws Exception;
  }

  private void play(Scene scene) throws Exception {
    try {
      scene.play();
    } catch (VMDisconnectedException | ConditionTimeoutException e) {
      throw new AssertionError(fleet.logs("in a network that was cut"), e);
    }
  }

  private void assertEndsAsIfNothingHadHappened() throws IOException {
    TinyRun.Result straight = TinyRun.execute(Fleet.with(recipe, "-o", "name=straight"));
    assertThat(straight.code()).as(straight.err()).isZero();
    tiny.assertSame("cut", "straight");
  }

  private List<String> coordinator(String machine) {
    return Fleet.with(recipe, "-o", "name=cut", "-o", "cluster={host: " + machine + ", port: " + fleet.port(machine)
        + ", roles_wait_seconds: 300}");
  }

  private void node(String machine, String roles) throws IOException {
    machine(machine, List.of("node", "--roles", roles, "--host", machine, "--port", "" + fleet.port(machine), "--join",
        COORDINATOR + ":" + fleet.port(COORDINATOR), "--wait", "300"));
  }

  private void machine(String machine, List<String> arguments) throws IOException {
    boolean known = fleet.process(machine) != null;
    fleet.start(machine, List.of(links.option(machine)), arguments);
    if (!known) {
      links.open(machine, fleet.port(machine));
    }
  }

  /** Its servers have ports that nobody knows before they listen; they are not called before the models are trained. */
  private void serving(String machine) throws IOException {
    fleet.await(fleet.log(machine), " serves ");
    Matcher endpoints = ENDPOINT.matcher(Files.readString(fleet.log(machine)));
    while (endpoints.find()) {
      links.open(machine, Integer.parseInt(endpoints.group(1)));
    }
  }

  private List<String> lines(String machine, String beginning) throws IOException {
    return Files.readAllLines(fleet.log(machine)).stream().filter(line -> line.startsWith(beginning)).toList();
  }

  /** The processes that have held the lease of the run, one after the other. */
  private final class Holders implements AutoCloseable {

    private final List<Long> seen = new ArrayList<>();
    private final Thread watch = Thread.ofPlatform().start(this::look);

    private void look() {
      Path lease = tiny.root("cut").resolveSibling(".cut.lease");
      while (!Thread.currentThread().isInterrupted()) {
        try {
          JsonNode entry = new ObjectMapper().readTree(Files.readString(lease));
          long holder = Long.parseLong(entry.path("holder").asText().replaceAll("process (\\d+) .*", "$1"));
          synchronized (seen) {
            if (seen.isEmpty() || seen.getLast() != holder) {
              seen.add(holder);
            }
          }
        } catch (IOException between) {
          // One has let go of it, and the next has not taken it yet.
        }
        LockSupport.parkNanos(2_000_000);
      }
    }

    List<Long> seen() {
      synchronized (seen) {
        return List.copyOf(seen);
      }
    }

    @Override
    public void close() throws InterruptedException {
      watch.interrupt();
      watch.join();
    }
  }
}
