package io.rlhf4j.rpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.MessageLite;
import com.google.protobuf.Parser;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.KnownLength;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads messages with model chunks: copies each once, into an array that is used again, from where the chunk's bytes
 * are checked and written to the file. What gRPC does by itself copies a message to the heap twice, into new arrays
 * that are so large that the collector treats each of them on its own.
 */
final class BorrowingMarshaller<M extends MessageLite> implements MethodDescriptor.Marshaller<Borrowed<M>> {

  private final Parser<M> parser;
  private final ChunkBuffers buffers = new ChunkBuffers();

  BorrowingMarshaller(Parser<M> parser) {
    this.parser = parser;
  }

  /** Received messages are not sent on. */
  @Override
  public InputStream stream(Borrowed<M> value) {
    throw new UnsupportedOperationException("only reads");
  }

  @Override
  public Borrowed<M> parse(InputStream stream) {
    try {
      if (stream instanceof KnownLength && stream.available() <= ChunkBuffers.CAPACITY) {
        return borrow(stream);
      }
      return new Borrowed<>(parser.parseFrom(stream, ExtensionRegistryLite.getEmptyRegistry()), () -> {});
    } catch (InvalidProtocolBufferException e) {
      throw Status.INTERNAL.withDescription("not a message of this contract").withCause(e).asRuntimeException();
    } catch (IOException e) {
      throw Status.INTERNAL.withDescription("cannot read the message").withCause(e).asRuntimeException();
    }
  }

  private Borrowed<M> borrow(InputStream stream) throws IOException {
    byte[] buffer = buffers.take();
    try {
      int length = stream.readNBytes(buffer, 0, stream.available());
      CodedInputStream input = UnsafeByteOperations.unsafeWrap(buffer, 0, length).newCodedInput();
      input.enableAliasing(true);
      M message = parser.parseFrom(input, ExtensionRegistryLite.getEmptyRegistry());
      input.checkLastTagWas(0);
      return new Borrowed<>(message, () -> buffers.giveBack(buffer));
    } catch (IOException | RuntimeException e) {
      buffers.giveBack(buffer);
      throw e;
    }
  }
}
