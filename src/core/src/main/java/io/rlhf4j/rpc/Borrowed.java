package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.ModelChunk;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A received message whose chunk may lie in buffers of the network. Closing gives them back, and from then on the
 * content must not be read; all of the message is its own.
 *
 * @param message as it arrived, but without the content of its chunk if that is borrowed
 * @param content what is borrowed, between position and limit of each part; empty if nothing is
 * @param giveBack run by {@link #close}
 * @param <M> message
 */
record Borrowed<M>(M message, List<ByteBuffer> content, Runnable giveBack) implements AutoCloseable {

  /** The content of this message's chunk, wherever it lies. */
  static List<ByteBuffer> content(ModelChunk chunk, List<ByteBuffer> borrowed) {
    return borrowed.isEmpty() ? chunk.getData().asReadOnlyByteBufferList() : borrowed;
  }

  @Override
  public void close() {
    giveBack.run();
  }
}
