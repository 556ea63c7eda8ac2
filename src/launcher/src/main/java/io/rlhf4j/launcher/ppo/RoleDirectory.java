package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleName;
import java.time.Duration;
import java.util.Map;
import java.util.Set;

/** Knows where roles are. */
public interface RoleDirectory {

  /**
   * Waits until each of these roles has a node.
   *
   * @throws io.rlhf4j.config.InputException naming the roles that are still missing after {@code wait}
   */
  Map<RoleName, Endpoint> await(Set<RoleName> roles, Duration wait);

  /** Told of an endpoint that does not answer, so that others need not wait for what is behind it. */
  void suspect(Endpoint endpoint);
}
