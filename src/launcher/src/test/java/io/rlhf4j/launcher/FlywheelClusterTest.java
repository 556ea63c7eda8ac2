package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.launcher.pipeline.Roles;
import io.rlhf4j.launcher.ppo.RoleFactories;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswersRole;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleFactory;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RpcLimits;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** A flywheel whose stages ask the role services of a cluster leaves the files of one in a single JVM. */
class FlywheelClusterTest extends TinyFlywheelFixture {

  private final List<ClusterNode> nodes = new ArrayList<>();
  /** Of the last role of each node. */
  private final List<Endpoint> endpoints = new ArrayList<>();

  @AfterEach
  void leave() {
    nodes.forEach(ClusterNode::close);
  }

  /** Both reward nodes are there; whichever is taken first goes in the middle of its second call. */
  @Test
  @Tag("cluster")
  void rolesOverSocketsGiveTheSameFilesAlsoWhenOneIsLost() throws Exception {
    String rewards = "rewards=[{kind: length, min: 5, max: 9, scale: 10}]";
    assertThat(wheel.run("one", "-o", rewards, "-o", "flywheel.trained_weight=1").code()).isZero();

    String seed = host(List.of(), Roles.factories(), RoleName.ACTOR, RoleName.REFERENCE);
    AtomicBoolean lost = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      int own = nodes.size();
      host(List.of(seed), withReward((model, settings) -> new Leaving(
          (AnswersRole) Roles.factories().reward().create(model, settings), calls, lost, () -> nodes.get(own).close(),
          () -> endpoints.get(own))), RoleName.REWARD);
    }
    TinyRun.Result result = wheel.run("several", "-o", rewards, "-o", "flywheel.trained_weight=1", "-o",
        "cluster.seed_nodes=['" + seed + "']");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(lost).isTrue();
    assertThat(result.out()).contains("for the roles actor, reward, reference", "; waiting for another",
        "the reward is back, the stage goes on");
    assertSame("several", "one");
  }

  /**
   * As a user would start them; the actor is killed while it samples, the coordinator while it scores. It starts seven
   * JVMs and takes minutes: {@code -Drlhf4j.flywheel-cluster=true}; the other test is its short form.
   */
  @Test
  @Tag("process")
  @EnabledIfSystemProperty(named = "rlhf4j.flywheel-cluster", matches = "true")
  void processesGiveTheSameFilesAlsoWhenTheyAreKilled() throws Exception {
    assertThat(wheel.run("one").code()).isZero();
    try (Fleet fleet = new Fleet(directory)) {
      List<RoleName> roles = List.of(RoleName.ACTOR, RoleName.REWARD, RoleName.REFERENCE);
      for (RoleName role : roles) {
        fleet.node(role.label(), role);
      }
      List<String> arguments = wheel.arguments("several");
      arguments.addAll(List.of("-o", "cluster.port=" + fleet.port("coordinator"), "-o",
          "cluster.roles_wait_seconds=300"));
      String sends = "io.rlhf4j.rpc.InboundCall#send";
      try (Debugger actor = fleet.debug("actor")) {
        actor.breakAt(sends, 5);
        fleet.start("coordinator", arguments);
        actor.await(sends);
        fleet.kill("actor");
      }
      try (Debugger reward = fleet.debug("reward")) {
        // 16 answers of round 0, the reply to another model, then the answers of round 1.
        reward.breakAt(sends, 20);
        fleet.node("actor", RoleName.ACTOR);
        reward.await(sends);
        fleet.kill("coordinator");
      }
      fleet.start("coordinator", arguments);
      fleet.awaitExit("coordinator", 0);
      assertSame("several", "one");
    }
  }

  private void assertSame(String name, String expected) throws IOException {
    TreeMap<String, Path> files = TinyFlywheel.files(tiny.root(expected));
    TreeMap<String, Path> actual = TinyFlywheel.files(tiny.root(name));
    // Where the nodes are.
    actual.remove("cluster.json");
    TinyFlywheel.assertSame(actual, files);
  }

  private String host(List<String> seeds, RoleFactories factories, RoleName... roles) {
    ClusterNode node = ClusterNode.start(new ClusterConfig("127.0.0.1", 0, seeds, 60), List.of(roles));
    nodes.add(node);
    Endpoint last = null;
    for (RoleName role : roles) {
      RoleServer server = factories.start(role, new RoleBinding("127.0.0.1", 0,
          directory.resolve("work-" + nodes.size()), RpcLimits.DEFAULT, node.trust()));
      node.host(server);
      last = server.endpoint();
    }
    endpoints.add(last);
    return node.address();
  }

  private static RoleFactories withReward(RoleFactory<RewardRole> reward) {
    RoleFactories others = Roles.factories();
    return new RoleFactories(others.actor(), others.critic(), reward, others.reference());
  }

  /** A reward whose node goes away, once, in the middle of a call. */
  private record Leaving(AnswersRole role, AtomicInteger calls, AtomicBoolean lost, Runnable leave,
      Supplier<Endpoint> endpoint) implements AnswersRole {

    @Override
    public Scored scoreAnswers(List<AnswerGroup> groups) {
      if (calls.incrementAndGet() == 2 && lost.compareAndSet(false, true)) {
        Thread.ofPlatform().daemon().start(leave);
        // The caller is cut off before this call can be answered.
        Awaitility.await().atMost(Fleet.PATIENCE).pollInterval(Duration.ofMillis(20)).until(this::isClosed);
      }
      return role.scoreAnswers(groups);
    }

    private boolean isClosed() {
      try (Socket probe = new Socket(endpoint.get().host(), endpoint.get().port())) {
        return !probe.isConnected();
      } catch (IOException refused) {
        return true;
      }
    }

    @Override
    public float[] score(List<TokenSequence> sequences) {
      return role.score(sequences);
    }

    @Override
    public void close() {
      role.close();
    }
  }
}
