/**
 * gRPC plumbing that the four roles share: servers and channels, flow control, deadlines, the transfer of model
 * directories, and the conversion between wire messages and the records of {@link io.rlhf4j.rl}.
 *
 * <p>The services and clients of the roles ({@code io.rlhf4j.<role>.rpc}) stand on it. Every call is a stream of small
 * messages in both directions: a header, items, then replies. A {@link io.rlhf4j.rpc.RoleSession} runs the work of all
 * calls on one thread; requests are collected on gRPC's threads. A client call blocks its caller, so callers that want
 * several at once use virtual threads.
 */
@NullMarked
package io.rlhf4j.rpc;

import org.jspecify.annotations.NullMarked;
