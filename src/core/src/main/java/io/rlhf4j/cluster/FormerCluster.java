package io.rlhf4j.cluster;

import java.util.List;

/**
 * Where the nodes of a cluster were when its coordinator was last there.
 *
 * @param coordinator host:port of that coordinator; empty if nothing is known
 * @param nodes host:port of the others
 */
public record FormerCluster(String coordinator, List<String> nodes) {

  /** Nothing is known. */
  public static final FormerCluster NONE = new FormerCluster("", List.of());

  public FormerCluster {
    nodes = List.copyOf(nodes);
  }
}
