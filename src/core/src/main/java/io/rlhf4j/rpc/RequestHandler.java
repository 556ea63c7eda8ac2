package io.rlhf4j.rpc;

import java.util.function.Consumer;

/**
 * One call on the server: takes the request's messages, then replies.
 *
 * @param <Q> request message
 * @param <P> reply message
 */
interface RequestHandler<Q, P> {

  /** Takes one message, on a gRPC thread; the next one is not asked for before this returns. */
  void accept(Q request) throws Exception;

  /** Does the work and replies, on the role's thread. {@code replies} blocks while the reader is slow. */
  void respond(Consumer<P> replies) throws Exception;

  /** The call ended early; on the role's thread. */
  default void abandon() {}
}
