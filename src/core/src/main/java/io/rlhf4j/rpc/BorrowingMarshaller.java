package io.rlhf4j.rpc;

import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.rlhf4j.proto.v1.ModelChunk;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Reads messages with model chunks and leaves the content of the chunk where the network put it, from where it is
 * checked and written to the file. What gRPC does by itself copies a message to the heap twice, into new arrays that
 * are so large that the collector treats each of them on its own.
 */
final class BorrowingMarshaller<M extends MessageLite> implements MethodDescriptor.Marshaller<Borrowed<M>> {

  private final Parser<M> parser;
  private final ChunkReader chunks;
  private final Function<ModelChunk, M> ofChunk;

  /**
   * @param field number of the field in which the message has a chunk
   * @param ofChunk the message that holds nothing but this chunk
   */
  BorrowingMarshaller(Parser<M> parser, int field, Function<ModelChunk, M> ofChunk) {
    this.parser = parser;
    this.chunks = new ChunkReader(field);
    this.ofChunk = ofChunk;
  }

  /** Received messages are not sent on. */
  @Override
  public InputStream stream(Borrowed<M> value) {
    throw new UnsupportedOperationException("only reads");
  }

  @Override
  public Borrowed<M> parse(InputStream stream) {
    try {
      return isOfBuffers(stream) ? borrow(((Detachable) stream).detach()) : copy(stream);
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL.withDescription("not a message of this contract").withCause(e).asRuntimeException();
    } catch (IOException e) {
      throw Status.INTERNAL.withDescription("cannot read the message").withCause(e).asRuntimeException();
    }
  }

  private static boolean isOfBuffers(InputStream stream) {
    return stream instanceof Detachable && stream instanceof KnownLength && stream.markSupported()
        && stream instanceof HasByteBuffer buffers && buffers.byteBufferSupported();
  }

  /** @param message this method's own; the buffers are free for others when it is closed */
  private Borrowed<M> borrow(InputStream message) throws IOException {
    boolean lent = false;
    try {
      message.mark(Integer.MAX_VALUE);
      Optional<ChunkReader.Read> chunk = chunks.read(message);
      if (chunk.isPresent()) {
        lent = true;
        return new Borrowed<>(ofChunk.apply(chunk.get().fields()), chunk.get().content(), () -> close(message));
      }
      message.reset();
      return copy(message);
    } finally {
      if (!lent) {
        message.close();
      }
    }
  }

  private Borrowed<M> copy(InputStream message) throws IOException {
    return new Borrowed<>(parser.parseFrom(message, ExtensionRegistryLite.getEmptyRegistry()), List.of(), () -> {});
  }

  private static void close(InputStream message) {
    try {
      message.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
