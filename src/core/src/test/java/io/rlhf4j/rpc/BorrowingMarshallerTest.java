package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.grpc.KnownLength;
import io.grpc.StatusRuntimeException;
import io.rlhf4j.proto.v1.ModelChunk;
import io.rlhf4j.proto.v1.PrepareHeader;
import io.rlhf4j.proto.v1.PrepareRequest;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import org.junit.jupiter.api.Test;

class BorrowingMarshallerTest {

  private final BorrowingMarshaller<PrepareRequest> marshaller = new BorrowingMarshaller<>(PrepareRequest.parser());

  /** As gRPC hands out a message that lies in several buffers of the network: reads end where a buffer ends. */
  private static final class Network extends InputStream implements KnownLength {

    private final ByteArrayInputStream message;

    Network(byte[] message) {
      this.message = new ByteArrayInputStream(message);
    }

    @Override
    public int read() {
      return message.read();
    }

    @Override
    public int read(byte[] bytes, int from, int count) {
      return message.read(bytes, from, Math.min(7, count));
    }

    @Override
    public int available() {
      return message.available();
    }
  }

  private static PrepareRequest chunk(String data) {
    return PrepareRequest.newBuilder().setChunk(ModelChunk.newBuilder().setFile(3).setOffset(70)
        .setData(ByteString.copyFromUtf8(data)).setCrc32C(-5)).build();
  }

  private Borrowed<PrepareRequest> read(PrepareRequest message) {
    return marshaller.parse(new Network(message.toByteArray()));
  }

  @Test
  void aBufferIsUsedAgainOnlyWhenItWasGivenBack() {
    Borrowed<PrepareRequest> first = read(chunk("the quick brown fox"));
    Borrowed<PrepareRequest> second = read(chunk("jumps over the lazy"));
    ByteString data = first.message().getChunk().getData();
    assertThat(first.message()).isEqualTo(chunk("the quick brown fox"));
    assertThat(second.message()).isEqualTo(chunk("jumps over the lazy"));

    first.close();
    read(chunk("dog and all of them"));
    assertThat(data.toStringUtf8()).as("no copy was made").isEqualTo("dog and all of them");
    assertThat(second.message()).isEqualTo(chunk("jumps over the lazy"));
  }

  @Test
  void textsAreTheMessagesOwn() {
    PrepareRequest header = PrepareRequest.newBuilder()
        .setHeader(PrepareHeader.newBuilder().setRole("critic").setSettingsJson("{\"a\": \"some text\"}")).build();
    Borrowed<PrepareRequest> borrowed = read(header);
    borrowed.close();
    read(chunk("something else that is longer than all of the header"));
    assertThat(borrowed.message()).isEqualTo(header);
  }

  @Test
  void brokenMessagesAreRefusedAndTheirBufferIsUsedAgain() {
    byte[] bytes = chunk("the quick brown fox").toByteArray();
    bytes[0] = 0x7f;
    for (int i = 0; i < 20; i++) {
      assertThatThrownBy(() -> marshaller.parse(new Network(bytes))).isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("not a message of this contract");
    }
    assertThat(read(chunk("x")).message()).isEqualTo(chunk("x"));
  }

  @Test
  void messagesThatNoBufferHoldsAreCopied() {
    PrepareRequest large = chunk("x".repeat(ChunkBuffers.CAPACITY));
    assertThat(read(large).message()).isEqualTo(large);
  }

  @Test
  void otherStreamsAreCopied() {
    byte[] bytes = chunk("x").toByteArray();
    try (Borrowed<PrepareRequest> borrowed = marshaller.parse(new ByteArrayInputStream(bytes))) {
      assertThat(borrowed.message()).isEqualTo(chunk("x"));
    }
  }
}
