package io.rlhf4j.rpc;

/**
 * A received message whose byte fields lie in a buffer that others use after it. Closing gives the buffer back, and
 * from then on the byte fields must not be read; all other fields are the message's own.
 *
 * @param message as it arrived
 * @param giveBack run once, by {@link #close}
 * @param <M> message
 */
record Borrowed<M>(M message, Runnable giveBack) implements AutoCloseable {

  @Override
  public void close() {
    giveBack.run();
  }
}
