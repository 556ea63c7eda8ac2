/**
 * Akka Cluster: which nodes there are, which role runs where, and whether they live. Everything large goes over gRPC;
 * the messages here are a few bytes each.
 *
 * <p>{@link io.rlhf4j.cluster.ClusterNode} is the entry for the launcher: it hides the actor system, so that only
 * packages named {@code cluster} import Akka. Its methods block and may be called from any thread but an actor's.
 *
 * <pre>{@code
 * try (ClusterNode node = ClusterNode.start(config, Set.of(RoleName.CRITIC))) {
 *   node.host(CriticRpcService.start(factory, binding));
 *   node.awaitTermination();
 * }
 * }</pre>
 */
@NullMarked
package io.rlhf4j.cluster;

import org.jspecify.annotations.NullMarked;
