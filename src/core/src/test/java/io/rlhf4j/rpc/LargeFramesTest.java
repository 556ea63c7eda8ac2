package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.proto.v1.TokenValues;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the two sides of a connection tell each other before the first call, byte by byte. */
@Timeout(60)
class LargeFramesTest {

  private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
  /** A frame of no bytes, of type SETTINGS, without flags, of stream 0. */
  private static final byte[] NO_SETTINGS = {0, 0, 0, 4, 0, 0, 0, 0, 0};
  private static final int SETTINGS = 4;
  private static final int ACKNOWLEDGED = 1;
  private static final int MAX_FRAME_SIZE = 5;

  private static final class Nothing implements SocketCritic.Values {
    @Override
    public void of(List<TokenSequence> sequences, Consumer<TokenValues> replies) {}

    @Override
    public void close() {}
  }

  @TempDir
  Path directory;

  @Test
  void aServerTakesAChunkInOneFrame() throws IOException {
    try (SocketCritic critic = SocketCritic.start(directory, (received, settings) -> new Nothing());
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), critic.endpoint().port())) {
      OutputStream out = socket.getOutputStream();
      out.write(PREFACE);
      out.write(NO_SETTINGS);
      out.flush();
      assertThat(largestFrame(new DataInputStream(socket.getInputStream()))).isEqualTo(540_672);
    }
  }

  @Test
  void aClientTakesAChunkInOneFrame() throws IOException {
    try (ServerSocket listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RpcChannel channel = RpcChannel.open(
            new Endpoint(RoleName.CRITIC, RpcServer.LOOPBACK, listening.getLocalPort()), "hash", RpcLimits.DEFAULT)) {
      Thread caller = Thread.ofVirtual().start(() -> channel.connect(Duration.ofSeconds(20)));
      try (Socket socket = listening.accept()) {
        socket.getOutputStream().write(NO_SETTINGS);
        socket.getOutputStream().flush();
        DataInputStream in = new DataInputStream(socket.getInputStream());
        assertThat(in.readNBytes(PREFACE.length)).isEqualTo(PREFACE);
        assertThat(largestFrame(in)).isEqualTo(540_672);
      } finally {
        caller.interrupt();
      }
    }
  }

  /** Reads frames up to the one that says how large they may be. */
  private static int largestFrame(DataInputStream in) throws IOException {
    while (true) {
      int length = in.readUnsignedShort() << 8 | in.readUnsignedByte();
      int type = in.readUnsignedByte();
      int flags = in.readUnsignedByte();
      in.readInt();
      if (type != SETTINGS || flags == ACKNOWLEDGED) {
        in.skipNBytes(length);
        continue;
      }
      for (int at = 0; at < length; at += 6) {
        int name = in.readUnsignedShort();
        int value = in.readInt();
        if (name == MAX_FRAME_SIZE) {
          return value;
        }
      }
    }
  }
}
