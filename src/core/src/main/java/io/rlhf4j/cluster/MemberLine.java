package io.rlhf4j.cluster;

import java.util.List;

/**
 * One member of the cluster as the node that was asked sees it.
 *
 * @param address {@code host:port} of the node
 * @param state joining, up, leaving, exiting or down
 * @param reachable whether it answers heartbeats
 * @param roles what it was started for: roles, or {@code coordinator}
 */
public record MemberLine(String address, String state, boolean reachable, List<String> roles) {

  public MemberLine {
    roles = List.copyOf(roles);
  }
}
