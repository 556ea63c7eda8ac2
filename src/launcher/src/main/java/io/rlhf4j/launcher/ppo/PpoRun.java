package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.launcher.ppo.cluster.PpoCoordinator;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RpcServer;
import java.util.List;
import java.util.function.Consumer;

/** Runs PPO from the first evaluation to the last. */
public final class PpoRun {

  private static final ClusterConfig ONE_NODE = new ClusterConfig(RpcServer.LOOPBACK, 0, List.of(), 60);

  private PpoRun() {}

  /**
   * Blocks until the run is done; then, or after a failure, everything that this JVM started is closed.
   *
   * @return whether the run is complete; false after an early end
   * @throws io.rlhf4j.config.InputException if a role is missing, a port is taken, or a role refuses its input
   * @throws io.rlhf4j.rpc.RoleException if a call fails; the message names role and endpoint
   */
  public static boolean execute(PpoRunSpec spec) {
    return execute(spec, stop -> {});
  }

  /**
   * Like {@link #execute(PpoRunSpec)}.
   *
   * @param stopper told how to end the run early, with a checkpoint from which it can go on
   */
  public static boolean execute(PpoRunSpec spec, Consumer<Runnable> stopper) {
    return !switch (spec.placement()) {
      case Placement.Embedded embedded -> {
        try (ClusterNode node = ClusterNode.start(ONE_NODE, spec.roles())) {
          for (RoleName role : spec.roles()) {
            node.host(embedded.factories().start(role, RoleBinding.loopback(embedded.workDirectory())));
          }
          yield run(spec, node, stopper);
        }
      }
      case Placement.Separate(var cluster) -> {
        try (ClusterNode node = ClusterNode.start(cluster, List.of())) {
          yield run(spec, node, stopper);
        }
      }
      case Placement.Joined(var node) -> run(spec, node, stopper);
    };
  }

  private static boolean run(PpoRunSpec spec, ClusterNode node, Consumer<Runnable> stopper) {
    try (Crew crew = new Crew(node, spec)) {
      spec.hooks().joined(node.address());
      return PpoCoordinator.run(node, spec.withHooks(new StatusHooks(spec, node::report)), crew, stopper);
    }
  }
}
