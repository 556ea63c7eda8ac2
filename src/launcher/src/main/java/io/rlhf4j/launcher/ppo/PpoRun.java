package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.launcher.ppo.cluster.PpoCoordinator;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RpcServer;
import java.util.List;

/** Runs PPO from the first evaluation to the last. */
public final class PpoRun {

  private static final ClusterConfig ONE_NODE = new ClusterConfig(RpcServer.LOOPBACK, 0, List.of(), 60);

  private PpoRun() {}

  /**
   * Blocks until the run is done; then, or after a failure, everything that this JVM started is closed.
   *
   * @throws io.rlhf4j.config.InputException if a role is missing, a port is taken, or a role refuses its input
   * @throws io.rlhf4j.rpc.RoleException if a call fails; the message names role and endpoint
   */
  public static void execute(PpoRunSpec spec) {
    switch (spec.placement()) {
      case Placement.Embedded embedded -> {
        try (ClusterNode node = ClusterNode.start(ONE_NODE, spec.roles())) {
          for (RoleName role : spec.roles()) {
            node.host(embedded.factories().start(role, RoleBinding.loopback(embedded.workDirectory())));
          }
          run(spec, node);
        }
      }
      case Placement.Separate(var cluster) -> {
        try (ClusterNode node = ClusterNode.start(cluster, List.of())) {
          run(spec, node);
        }
      }
      case Placement.Joined(var node) -> run(spec, node);
    }
  }

  private static void run(PpoRunSpec spec, ClusterNode node) {
    try (RemoteRoles remote = new RemoteRoles(node.awaitRoles(spec.roles()), spec.configHash(), spec.deadlines())) {
      remote.prepare(spec.models());
      PpoCoordinator.run(node, spec, remote.roles());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
