package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * One run that is passed from process to process, and from one JVM to several and back: {@code -Drlhf4j.takeover=true}.
 */
@Tag("process")
@EnabledIfSystemProperty(named = "rlhf4j.takeover", matches = "true")
class TakeoverTest {

  private static final String ITERATION = "io.rlhf4j.launcher.pipeline.PpoObserver#iteration";

  @TempDir
  private Path directory;

  private TinyRun tiny;
  private Fleet fleet;
  private List<String> recipe;

  @BeforeEach
  void prepare() throws IOException {
    tiny = TinyRun.in(directory);
    fleet = new Fleet(directory);
    recipe = List.of("ppo", tiny.recipe().toString(), "-o", "ppo.iterations=6", "-o", "ppo.save_steps=2", "-o",
        "ppo.kl_target=6");
  }

  @AfterEach
  void stop() {
    fleet.close();
  }

  @Test
  void aRunEndsWithTheSameBytesWhoeverWorksOnIt() throws Exception {
    List<String> relay = Fleet.with(recipe, "-o", "name=relay");
    Path log = tiny.root("relay").resolve("run.log");

    // All in one JVM until that is killed, two iterations after the beginning and one after the checkpoint.
    fleet.start("embedded", relay);
    try (Debugger embedded = fleet.debug("embedded")) {
      embedded.hold(ITERATION, 3);
      fleet.kill("embedded");
    }

    // On five, with a second reward node as a spare and a second coordinator that stands by.
    for (RoleName role : RoleName.values()) {
      fleet.node(role.label(), role);
    }
    fleet.node("spare", RoleName.REWARD);
    fleet.start("coordinator", Fleet.with(relay, "-o", "cluster.port=" + fleet.port("coordinator"), "-o",
        "cluster.roles_wait_seconds=300"));
    Debugger frozen = fleet.debug("coordinator");
    frozen.hold(ITERATION, 1);
    assertRefused(relay);
    fleet.start("standby", Fleet.with(relay, "--standby", "15", "-o", "cluster.port=0", "-o",
        "cluster.roles_wait_seconds=300"));
    fleet.await(fleet.log("standby"), "standing by: process " + fleet.process("coordinator").pid());

    // The coordinator hangs: the other takes over, and when the first wakes up it has to go.
    fleet.signal("STOP", "coordinator");
    try (Debugger second = fleet.debug("standby")) {
      second.hold(ITERATION, 1);
      fleet.signal("CONT", "coordinator");
      fleet.awaitExit("coordinator", Superseded.EXIT_CODE);
      frozen.close();
      assertThat(Files.readString(fleet.log("coordinator"))).containsOnlyOnce("rlhf: ")
          .contains("this process was silent and the run was taken over by process " + fleet.process("standby").pid());

      // The reward node in use dies: the spare takes over, and nobody does anything for it.
      fleet.kill(used(log, "spare") ? "spare" : "reward");
      second.goOn();
      second.await(ITERATION);
      assertThat(Files.readString(log)).contains("the reward is back, iteration 4 goes on");

      // SIGTERM in the middle of an iteration's end.
      fleet.process("standby").destroy();
      second.goOn();
    }
    fleet.awaitExit("standby", 0);
    assertThat(Files.readString(fleet.log("standby"))).contains("stopped; the same command goes on");

    // And to the end in one JVM again.
    TinyRun.Result last = TinyRun.execute(relay);
    assertThat(last.code()).as(last.err()).isZero();
    TinyRun.Result straight = TinyRun.execute(Fleet.with(recipe, "-o", "name=straight"));
    assertThat(straight.code()).as(straight.err()).isZero();
    tiny.assertSame("relay", "straight");
  }

  private void assertRefused(List<String> command) {
    TinyRun.Result refused = TinyRun.execute(command);
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err()).contains("rlhf: " + tiny.root("relay") + ": process "
        + fleet.process("coordinator").pid() + " on ").contains(" works on this run; wait until it is done");
  }

  /** Whether the reward that the run uses is the node of that name. */
  private boolean used(Path log, String name) throws IOException {
    String line = Files.readAllLines(log).stream().filter(one -> one.contains("reward at ") && one.contains("is ready"))
        .reduce((former, later) -> later).orElseThrow();
    String endpoint = line.substring(line.indexOf("reward at ") + "reward at ".length(), line.indexOf(" is ready"));
    return Files.readString(fleet.log(name)).contains("serves reward at " + endpoint);
  }
}
