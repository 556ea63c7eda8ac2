package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.grpc.Detachable;
import io.grpc.HasByteBuffer;
import io.grpc.KnownLength;
import io.grpc.StatusRuntimeException;
import io.rlhf4j.proto.v1.ModelChunk;
import io.rlhf4j.proto.v1.PrepareHeader;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BorrowingMarshallerTest {

  private static final String TEXT = "the quick brown fox jumps over the lazy dog";

  private final BorrowingMarshaller<PrepareRequest> marshaller = new BorrowingMarshaller<>(PrepareRequest.parser(),
      PrepareRequest.CHUNK_FIELD_NUMBER, chunk -> PrepareRequest.newBuilder().setChunk(chunk).build());

  /** As gRPC hands out a message that lies in several buffers of the network, here of seven bytes each. */
  private static final class Network extends InputStream implements KnownLength, HasByteBuffer, Detachable {

    private static final int PART = 7;

    private final ByteBuffer memory;
    private int mark;
    private boolean detached;
    private boolean closed;

    Network(byte[] message) {
      memory = ByteBuffer.allocateDirect(message.length).put(message).flip();
    }

    @Override
    public int read() {
      return memory.hasRemaining() ? memory.get() & 0xff : -1;
    }

    @Override
    public int available() {
      return memory.remaining();
    }

    @Override
    public long skip(long count) {
      memory.position(memory.position() + (int) count);
      return count;
    }

    @Override
    public boolean markSupported() {
      return true;
    }

    @Override
    public void mark(int limit) {
      mark = memory.position();
    }

    @Override
    public void reset() {
      memory.position(mark);
    }

    @Override
    public boolean byteBufferSupported() {
      return true;
    }

    @Override
    public ByteBuffer getByteBuffer() {
      int end = Math.min(memory.limit(), (memory.position() / PART + 1) * PART);
      return memory.duplicate().limit(end).asReadOnlyBuffer();
    }

    @Override
    public InputStream detach() {
      detached = true;
      return this;
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  private static PrepareRequest chunk(String data) {
    return PrepareRequest.newBuilder().setChunk(ModelChunk.newBuilder().setFile(3).setOffset(70_000_000_000L)
        .setData(ByteString.copyFromUtf8(data)).setCrc32C(-5).setFileCrc32(0x01020304)).build();
  }

  private static String text(List<ByteBuffer> content) {
    StringBuilder text = new StringBuilder();
    content.forEach(part -> text.append(StandardCharsets.UTF_8.decode(part.duplicate())));
    return text.toString();
  }

  @Test
  void theContentOfAChunkStaysWhereItIsUntilItWasUsed() {
    Network network = new Network(chunk(TEXT).toByteArray());
    Borrowed<PrepareRequest> borrowed = marshaller.parse(network);
    assertThat(borrowed.message()).isEqualTo(PrepareRequest.newBuilder()
        .setChunk(chunk(TEXT).getChunk().toBuilder().clearData()).build());
    assertThat(text(borrowed.content())).isEqualTo(TEXT);
    assertThat(borrowed.content()).hasSizeGreaterThan(6).allMatch(part -> part.remaining() <= Network.PART);
    assertThat(network.detached).isTrue();
    assertThat(network.closed).isFalse();

    int at = new String(chunk(TEXT).toByteArray(), StandardCharsets.ISO_8859_1).indexOf("quick");
    network.memory.put(at, (byte) 'Q');
    assertThat(text(borrowed.content())).as("no copy was made").startsWith("the Quick");
    borrowed.close();
    assertThat(network.closed).isTrue();
  }

  @Test
  void otherMessagesAreTheirOwnAndTheirBuffersAreFreeAtOnce() {
    PrepareRequest header = PrepareRequest.newBuilder()
        .setHeader(PrepareHeader.newBuilder().setRole("critic").setSettingsJson("{\"a\": \"some text\"}")).build();
    Network network = new Network(header.toByteArray());
    Borrowed<PrepareRequest> copied = marshaller.parse(network);
    assertThat(copied.message()).isEqualTo(header);
    assertThat(copied.content()).isEmpty();
    assertThat(network.closed).isTrue();
  }

  /** What a later version may send. */
  @Test
  void unknownFieldsAreLeftToTheParser() {
    UnknownFieldSet later = UnknownFieldSet.newBuilder()
        .addField(9, UnknownFieldSet.Field.newBuilder().addVarint(1).build()).build();
    PrepareRequest inside = PrepareRequest.newBuilder()
        .setChunk(chunk(TEXT).getChunk().toBuilder().setUnknownFields(later)).build();
    PrepareRequest beside = chunk(TEXT).toBuilder().setUnknownFields(later).build();
    for (PrepareRequest message : List.of(inside, beside)) {
      Borrowed<PrepareRequest> copied = marshaller.parse(new Network(message.toByteArray()));
      assertThat(copied.message()).isEqualTo(message);
      assertThat(text(Borrowed.content(copied.message().getChunk(), copied.content()))).isEqualTo(TEXT);
    }
  }

  @Test
  void aChunkWithoutContentIsRead() {
    Borrowed<PrepareRequest> read = marshaller.parse(new Network(chunk("").toByteArray()));
    assertThat(read.message()).isEqualTo(chunk(""));
    assertThat(Borrowed.content(read.message().getChunk(), read.content())).allMatch(part -> !part.hasRemaining());
  }

  /** In the order of its bytes: the chunk's tag and length, its fields, the length of its data. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 4, 11})
  void brokenMessagesAreRefusedAndTheirBuffersAreFree(int at) {
    byte[] bytes = chunk(TEXT).toByteArray();
    bytes[at] = 0x7f;
    Network network = new Network(bytes);
    assertThatThrownBy(() -> marshaller.parse(network)).isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("not a message of this contract");
    assertThat(network.closed).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 6, 12, 50, 60})
  void messagesThatEndTooEarlyAreRefused(int length) {
    byte[] bytes = Arrays.copyOf(chunk(TEXT).toByteArray(), length);
    assertThatThrownBy(() -> marshaller.parse(new Network(bytes))).isInstanceOf(StatusRuntimeException.class);
    if (length > 2) {
      // Its own length is right, and what ends too early is a field.
      bytes[1] = (byte) (length - 2);
      assertThatThrownBy(() -> marshaller.parse(new Network(bytes))).isInstanceOf(StatusRuntimeException.class);
    }
  }

  @Test
  void otherStreamsAreCopied() {
    byte[] bytes = chunk(TEXT).toByteArray();
    try (Borrowed<PrepareRequest> borrowed = marshaller.parse(new ByteArrayInputStream(bytes))) {
      assertThat(borrowed.message()).isEqualTo(chunk(TEXT));
      assertThat(borrowed.content()).isEmpty();
    }
  }
}
