package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RpcLimits;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;

/** A JVM of its own for one role. */
public final class RoleNode {

  private RoleNode() {}

  /**
   * Hosts {@code role} until this JVM gets a signal or the cluster removes it.
   *
   * @param cluster its {@code seed_nodes} say whom to join
   * @param workDirectory where models are kept while they are in use
   * @param started told the addresses of this node and of the role's server once both listen
   */
  public static void run(RoleName role, RoleFactories factories, ClusterConfig cluster, Path workDirectory,
      BiConsumer<String, String> started) {
    try (ClusterNode node = ClusterNode.start(cluster, List.of(role), ClusterNode.OnSignal.LEAVE)) {
      var server = factories.start(role, new RoleBinding(cluster.host(), 0, workDirectory, RpcLimits.DEFAULT));
      node.host(server);
      started.accept(node.address(), server.endpoint().toString());
      node.awaitTermination();
    }
  }
}
