package io.rlhf4j.cluster;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a node says about itself.
 *
 * @param address {@code host:port} of the node
 * @param pid its process
 * @param roles what it hosts
 * @param run the run that it coordinates, if it does
 */
public record NodeFacts(String address, long pid, List<HostedRole> roles, @Nullable RunFacts run) {

  public NodeFacts {
    roles = List.copyOf(roles);
  }
}
