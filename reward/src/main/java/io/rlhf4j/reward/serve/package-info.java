/**
 * Rewards as a service: concurrent requests are scored together, over HTTP and gRPC.
 *
 * <p>Started by {@code rlhf reward serve}. Requests come on virtual threads; one thread scores.
 */
@NullMarked
package io.rlhf4j.reward.serve;

import org.jspecify.annotations.NullMarked;
