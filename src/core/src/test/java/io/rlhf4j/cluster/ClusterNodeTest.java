package io.rlhf4j.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.proto.v1.RewardServiceGrpc;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several actor systems in one JVM; discovery and leaving are the real thing. */
@Tag("cluster")
class ClusterNodeTest {

  @TempDir
  Path directory;

  @Test
  void theFourRolesAreFoundWhereverTheyAre() throws Exception {
    Endpoint critic;
    try (ClusterNode coordinator = ClusterNode.start(config(30), List.of());
        ClusterNode first = ClusterNode.start(joining(coordinator, 30), List.of(RoleName.ACTOR, RoleName.REWARD));
        ClusterNode second = ClusterNode.start(joining(coordinator, 30), List.of(RoleName.CRITIC))) {
      critic = host(second, RoleName.CRITIC);
      Map<RoleName, Endpoint> expected = Map.of(RoleName.CRITIC, critic, RoleName.ACTOR, host(first, RoleName.ACTOR),
          RoleName.REWARD, host(first, RoleName.REWARD), RoleName.REFERENCE, host(coordinator, RoleName.REFERENCE));
      assertThat(coordinator.awaitRoles(Set.of(RoleName.values()))).isEqualTo(expected);
      // A role may be found while its node is still on its way up.
      await().atMost(Duration.ofMinutes(2)).until(() -> coordinator.membersUp() == 3);
      second.close();
      await().atMost(Duration.ofMinutes(2)).until(() -> coordinator.membersUp() == 2);
      second.awaitTermination();
    }
    assertThatThrownBy(() -> new Socket("127.0.0.1", critic.port()).close()).hasMessageContaining("refused");
  }

  /** Whoever answers first: the coordinator's own host is the nearest, and its node has not the smallest address. */
  @Test
  void ofTwoNodesWithARoleTheSmallerAddressIsUsedAndTheOtherIsNamed() throws Exception {
    List<Integer> ports = freePorts(2);
    try (ClusterNode coordinator = ClusterNode.start(at(ports.getLast(), List.of()), List.of());
        ClusterNode node = ClusterNode.start(at(ports.getFirst(), List.of(coordinator.address())),
            List.of(RoleName.REWARD))) {
      Endpoint far = host(node, RoleName.REWARD);
      coordinator.awaitRoles(Set.of(RoleName.REWARD));
      host(coordinator, RoleName.REWARD);

      List<String> news = new CopyOnWriteArrayList<>();
      // The second host has to become known first.
      await().atMost(Duration.ofMinutes(1)).until(() -> {
        assertThat(coordinator.awaitRoles(Set.of(RoleName.REWARD), news::add))
            .containsExactly(Map.entry(RoleName.REWARD, far));
        return !news.isEmpty();
      });
      assertThat(news).containsExactly("two nodes offer the reward: " + node.address() + " is used, "
          + coordinator.address() + " is a spare");
    }
  }

  @Test
  void theRolesThatAreMissingAreNamed() {
    try (ClusterNode coordinator = ClusterNode.start(config(2), List.of())) {
      host(coordinator, RoleName.ACTOR);
      host(coordinator, RoleName.REWARD);
      assertThatThrownBy(() -> coordinator.awaitRoles(Set.of(RoleName.values()))).isInstanceOf(InputException.class)
          .hasMessageStartingWith("cluster.roles_wait_seconds: no critic (no node has joined with it), reference "
              + "(no node has joined with it) at " + coordinator.address() + " within 2 seconds")
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void aPortInUseIsAnInputError() {
    try (ClusterNode node = ClusterNode.start(config(5), List.of())) {
      int port = Integer.parseInt(node.address().substring(node.address().indexOf(':') + 1));
      assertThatThrownBy(() -> ClusterNode.start(new ClusterConfig("127.0.0.1", port, List.of(), 5), List.of()).close())
          .isInstanceOf(InputException.class).hasMessageStartingWith("cluster.port: cannot listen on 127.0.0.1:" + port)
          .hasMessageNotContaining("\n");
    }
  }

  @Test
  void nobodyToJoinIsAnInputError() throws Exception {
    int free = freePorts(1).get(0);
    ClusterConfig lonely = new ClusterConfig("127.0.0.1", 0, List.of("127.0.0.1:" + free), 2);
    assertThatThrownBy(() -> ClusterNode.start(lonely, List.of(RoleName.CRITIC)).close())
        .isInstanceOf(InputException.class).hasMessage("cluster.seed_nodes: cannot join 127.0.0.1:" + free
            + " within 2 seconds; is a node running there?");
    assertThatThrownBy(() -> ClusterNode.awaitListening(lonely, new CountDownLatch(1), line -> {}))
        .isInstanceOf(InputException.class).hasMessage("cluster.seed_nodes: cannot join 127.0.0.1:" + free
            + " within 2 seconds; is a node running there?");
  }

  @Test
  void waitsForACoordinatorThatComesLater() throws Exception {
    int port = freePorts(1).get(0);
    String address = "127.0.0.1:" + port;
    ClusterConfig early = new ClusterConfig("127.0.0.1", 0, List.of(address), 60);
    List<String> news = new CopyOnWriteArrayList<>();
    CountDownLatch told = new CountDownLatch(1);
    CompletableFuture<Boolean> there =
        CompletableFuture.supplyAsync(() -> ClusterNode.awaitListening(early, new CountDownLatch(1), line -> {
          news.add(line);
          told.countDown();
        }));
    assertThat(told.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(there).isNotDone();
    try (ClusterNode coordinator =
        ClusterNode.start(new ClusterConfig("127.0.0.1", port, List.of(), 60), List.of())) {
      assertThat(there.get(30, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(news).containsExactly("waiting for " + address + ", where nothing listens yet");
  }

  @Test
  void waitsNotForItself() throws Exception {
    int port = freePorts(1).get(0);
    ClusterConfig founder = new ClusterConfig("127.0.0.1", port, List.of("127.0.0.1:" + port), 60);
    List<String> news = new ArrayList<>();
    assertThat(ClusterNode.awaitListening(founder, new CountDownLatch(1), news::add)).isTrue();
    assertThat(news).isEmpty();
  }

  @Test
  void whoIsNoLongerWantedStopsWaiting() throws Exception {
    ClusterConfig early = new ClusterConfig("127.0.0.1", 0, List.of("127.0.0.1:" + freePorts(1).get(0)), 60);
    CountDownLatch givenUp = new CountDownLatch(1);
    assertThat(ClusterNode.awaitListening(early, givenUp, line -> givenUp.countDown())).isFalse();
  }

  private Endpoint host(ClusterNode node, RoleName role) {
    RoleServer server = RoleServer.start(role, (model, settings) -> () -> {}, RoleBinding.loopback(directory),
        session -> new RewardServiceGrpc.RewardServiceImplBase() {});
    node.host(server);
    return server.endpoint();
  }

  /** In ascending order. */
  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).sorted().toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  private static ClusterConfig at(int port, List<String> seeds) {
    return new ClusterConfig("127.0.0.1", port, seeds, 30);
  }

  private static ClusterConfig config(int waitSeconds) {
    return new ClusterConfig("127.0.0.1", 0, List.of(), waitSeconds);
  }

  private static ClusterConfig joining(ClusterNode node, int waitSeconds) {
    return new ClusterConfig("127.0.0.1", 0, List.of(node.address()), waitSeconds);
  }
}
