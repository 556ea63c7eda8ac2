package io.rlhf4j.launcher.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleException;
import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs with toy roles: the actor systems, sockets and model transfers are real. */
@Tag("cluster")
class PpoRunTest {

  @TempDir
  Path directory;

  private Path model;
  private Path work;

  @BeforeEach
  void makeModel() throws IOException {
    model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    work = Files.createDirectories(directory.resolve("work"));
  }

  @Test
  void anEmbeddedRunCallsItsHooksInOrderAndCleansUp() {
    ToyRun run = new ToyRun(directory.resolve("saved"));
    PpoRun.execute(run.spec(model, Map.of(), new Placement.Embedded(ToyRoles.factories(), work)));
    assertThat(run.calls()).containsExactly("ready", "evaluate 0", "iteration 0", "iteration 1", "evaluate 2",
        "iteration 2", "evaluate 3", "finished");
    assertThat(run.reports()).allSatisfy(report -> {
      assertThat(report.scored()).hasSize(14).isSortedAccordingTo(
          (a, b) -> a.rollout().key().compareTo(b.rollout().key()));
      assertThat(report.metrics()).containsKeys("score_mean", "kl", "policy_weight", "value_weight");
      assertThat(report.durations()).containsKeys("generating", "experience", "learning");
    });
    assertThat(run.metricLines()).doesNotHaveDuplicates();
    assertThat(directory.resolve("saved/weight.txt")).exists();
    assertThat(work).isEmptyDirectory();
  }

  @Test
  void theSameRunOverFiveNodesPrintsTheSameNumbers() throws Exception {
    ToyRun embedded = new ToyRun(directory.resolve("saved-embedded"));
    PpoRun.execute(embedded.spec(model, Map.of(), new Placement.Embedded(ToyRoles.factories(), work)));
    ToyRun separate = new ToyRun(directory.resolve("saved-separate"));
    List<ClusterNode> nodes = new ArrayList<>();
    try {
      String seed = null;
      for (RoleName role : RoleName.values()) {
        ClusterConfig config = new ClusterConfig("127.0.0.1", 0, seed == null ? List.of() : List.of(seed), 30);
        ClusterNode node = ClusterNode.start(config, List.of(role));
        nodes.add(node);
        node.host(ToyRoles.factories().start(role, RoleBinding.loopback(work)));
        seed = nodes.getFirst().address();
      }
      Placement placement = new Placement.Separate(new ClusterConfig("127.0.0.1", 0, List.of(seed), 30));
      PpoRun.execute(separate.spec(model, Map.of(), placement));
      assertThat(separate.metricLines()).hasSize(3).isEqualTo(embedded.metricLines());

      ToyRun second = new ToyRun(directory.resolve("saved-second"));
      PpoRun.execute(second.spec(model, Map.of(), placement));
      assertThat(second.metricLines()).isEqualTo(embedded.metricLines());
    } finally {
      // Side by side: each takes a few seconds to leave.
      nodes.parallelStream().forEach(ClusterNode::close);
    }
    assertThat(work).isEmptyDirectory();
  }

  @Test
  void aFailingRoleEndsTheRunWithOneLine() {
    for (RoleName role : RoleName.values()) {
      ToyRun run = new ToyRun(directory.resolve("saved-" + role));
      assertThatThrownBy(() -> PpoRun.execute(
          run.spec(model, Map.of(role, ToyRoles.FAIL), new Placement.Embedded(ToyRoles.factories(), work))))
          .isInstanceOf(RoleException.class).hasMessageMatching(role.label() + " at 127\\.0\\.0\\.1:\\d+: "
              + "UnsupportedOperationException: toy " + role.label() + " cannot work");
      assertThat(work).isEmptyDirectory();
    }
  }

  @Test
  void aMissingModelIsAnInputError() {
    ToyRun run = new ToyRun(directory.resolve("saved"));
    assertThatThrownBy(() -> PpoRun.execute(run.spec(directory.resolve("absent"), Map.of(),
        new Placement.Embedded(ToyRoles.factories(), work)))).isInstanceOf(InputException.class)
        .hasMessageContaining("absent: is not a directory");
  }

  @Test
  void aFailingHookEndsTheRun() {
    ToyRun run = new ToyRun(directory.resolve("saved"), 2);
    assertThatThrownBy(() -> PpoRun.execute(run.spec(model, Map.of(),
        new Placement.Embedded(ToyRoles.factories(), work)))).hasMessage("hook broke");
    assertThat(run.calls()).endsWith("iteration 1", "evaluate 2");
  }
}
