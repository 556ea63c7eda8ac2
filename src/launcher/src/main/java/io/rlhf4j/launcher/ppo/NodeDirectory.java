package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleName;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** Where the roles of a node's cluster are. */
record NodeDirectory(ClusterNode node) implements RoleDirectory {

  @Override
  public Map<RoleName, Endpoint> await(Set<RoleName> roles, Duration wait) {
    return node.await(roles, wait);
  }

  @Override
  public void suspect(Endpoint endpoint) {
    node.suspect(endpoint);
  }
}
