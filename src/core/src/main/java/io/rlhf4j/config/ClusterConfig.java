package io.rlhf4j.config;

import java.util.List;

/**
 * Roles in separate JVMs. A recipe without this section runs everything in one JVM.
 *
 * @param host address of this node that the other nodes can reach
 * @param port port of the cluster on this node; 0 takes any free one
 * @param seedNodes host:port of nodes to join; an empty list starts a new cluster
 * @param rolesWaitSeconds how long the coordinator waits until all four roles are there
 * @param rejoinWaitSeconds how long a role that was lost may stay away before the run gives up
 * @param callTimeoutSeconds longest time, seconds, of one transfer of a model or one call that scores; generating and
 *     learning may take six times as long. A role that needs longer counts as lost. An hour is far above what a role
 *     that works needs; what is dead is noticed within a minute anyway
 * @param security certificates and token; needed where other machines can reach the nodes
 */
public record ClusterConfig(@Default("127.0.0.1") String host, @Default("0") int port,
    @Default("[]") List<String> seedNodes, @Default("600") int rolesWaitSeconds,
    @Default("600") int rejoinWaitSeconds, @Default("3600") int callTimeoutSeconds,
    @Default("{}") SecurityConfig security) {

  /** With the default for everything else. */
  public ClusterConfig(String host, int port, List<String> seedNodes, int rolesWaitSeconds) {
    this(host, port, seedNodes, rolesWaitSeconds, 600, 3600, SecurityConfig.NONE);
  }

  public ClusterConfig {
    Check.that(!host.isBlank(), "host", "'" + host + "'", "a host name or address");
    Check.between("port", port, 0, 65535);
    seedNodes = List.copyOf(seedNodes);
    for (String node : seedNodes) {
      Check.that(node.matches("[^,\\s]+:\\d{1,5}"), "seed_nodes", "'" + node + "'", "a list of host:port");
    }
    Check.atLeast("roles_wait_seconds", rolesWaitSeconds, 1);
    Check.atLeast("rejoin_wait_seconds", rejoinWaitSeconds, 1);
    Check.atLeast("call_timeout_seconds", callTimeoutSeconds, 1);
  }

  /** The same settings for another node. */
  public ClusterConfig at(String otherHost, int otherPort, List<String> otherSeeds) {
    return new ClusterConfig(otherHost, otherPort, otherSeeds, rolesWaitSeconds, rejoinWaitSeconds, callTimeoutSeconds,
        security);
  }

  /** The same settings with other certificates. */
  public ClusterConfig with(SecurityConfig other) {
    return new ClusterConfig(host, port, seedNodes, rolesWaitSeconds, rejoinWaitSeconds, callTimeoutSeconds, other);
  }
}
