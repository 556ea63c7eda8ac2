package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.cluster.CutOffException;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RpcLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.BiConsumer;

/** A JVM of its own for one role or several. */
public final class RoleNode {

  private RoleNode() {}

  /**
   * Hosts {@code roles} until this JVM gets a signal.
   *
   * @param cluster its {@code seed_nodes} say whom to join
   * @param workDirectory where models are kept while they are in use
   * @param device what the roles compute on if the recipe has no say, {@code -} if it has
   * @param started told the addresses of this node and of its roles' servers once all listen
   * @throws CutOffException if the cluster removes it
   */
  public static void run(Set<RoleName> roles, RoleFactories factories, ClusterConfig cluster, Path workDirectory,
      String device, BiConsumer<String, List<String>> started) {
    try (ClusterNode node = ClusterNode.start(cluster, roles, ClusterNode.OnSignal.LEAVE)) {
      List<String> endpoints = new ArrayList<>();
      for (RoleName role : roles) {
        var server = factories.start(role, new RoleBinding(cluster.host(), 0, workDirectory, RpcLimits.DEFAULT,
            node.trust(), device));
        node.host(server);
        endpoints.add(server.endpoint().toString());
      }
      started.accept(node.address(), endpoints);
      node.awaitTermination();
      if (node.isCutOff()) {
        throw new CutOffException("start it again");
      }
    }
  }
}
