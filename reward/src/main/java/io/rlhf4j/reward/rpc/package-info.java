/**
 * The reward role on the wire: a gRPC service around {@link io.rlhf4j.reward.RewardRole} and a client that implements
 * it.
 *
 * <p>Cluster nodes start the service, the coordinator uses the client. Calls of the client block and may come from any
 * thread; the service runs them one at a time.
 */
@NullMarked
package io.rlhf4j.reward.rpc;

import org.jspecify.annotations.NullMarked;
