package io.rlhf4j.launcher.ppo;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import java.nio.file.Path;

/** Where the roles run. */
public sealed interface Placement {

  /**
   * All in this JVM: a cluster of one node, gRPC over loopback.
   *
   * @param workDirectory where the roles keep the models they were sent
   */
  record Embedded(RoleFactories factories, Path workDirectory) implements Placement {}

  /** On other nodes of a cluster, which this JVM founds or joins. */
  record Separate(ClusterConfig cluster) implements Placement {}

  /** On other nodes of a cluster in which this JVM has a node already; that node stays open. */
  record Joined(ClusterNode node) implements Placement {}
}
