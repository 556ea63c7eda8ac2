package io.rlhf4j.rpc;

import java.util.List;
import java.util.function.Consumer;

/**
 * The work of one call once its request is complete.
 *
 * @param <R> role
 * @param <H> header of the request
 * @param <T> item of the request
 * @param <P> reply message
 */
@FunctionalInterface
public interface BatchCall<R, H, T, P> {

  /** Runs on the role's thread; {@code replies} blocks while the reader is slow. */
  void run(R role, H header, List<T> items, Consumer<P> replies) throws Exception;
}
