/**
 * The reward server's gRPC side: the service {@code ScoringService} of {@code scoring.proto} with the standard health
 * service.
 *
 * <p>Started by {@link io.rlhf4j.reward.serve.RewardServer}. Calls come on virtual threads and block there.
 */
@NullMarked
package io.rlhf4j.reward.serve.rpc;

import org.jspecify.annotations.NullMarked;
