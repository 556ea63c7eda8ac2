package io.rlhf4j.reward.serve.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against a server that answers one connection with what a test gives it, then hangs up. */
class HttpConnectionTest {

  private static final String GOOD = "HTTP/1.1 200 OK\r\nContent-length: 3\r\n\r\nyes";

  private final ServerSocket listening;
  private final ConcurrentLinkedQueue<String> requests = new ConcurrentLinkedQueue<>();

  HttpConnectionTest() throws IOException {
    listening = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    listening.close();
  }

  @Test
  void asksOneQuestionAfterTheOther() throws IOException {
    try (HttpConnection connection = connect(GOOD, GOOD.replace("200", "503").replace("yes", "nay"))) {
      assertThat(connection.post(bytes("a")).body()).asString().isEqualTo("yes");
      HttpConnection.Reply second = connection.post(bytes("b"));
      assertThat(second.status()).isEqualTo(503);
      assertThat(second.body()).asString().isEqualTo("nay");
      assertThat(connection.reusable()).isTrue();
      assertThat(connection.post(bytes("c"))).as("closed while nothing was asked").isNull();
    }
    assertThat(requests).containsExactly("POST /get_reward HTTP/1.1 a", "POST /get_reward HTTP/1.1 b");
  }

  @Test
  void isNotUsedAgainWhereTheServerSaysSo() throws IOException {
    try (HttpConnection connection = connect(GOOD.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"))) {
      assertThat(connection.post(bytes("a")).status()).isEqualTo(200);
      assertThat(connection.reusable()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nyes", "HTTP/1.1 200 OK\r\n"})
  void aReplyThatEndsEarlyIsLost(String reply) throws IOException {
    try (HttpConnection connection = connect(reply)) {
      assertThatThrownBy(() -> connection.post(bytes("a"))).isInstanceOf(EOFException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nyes",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"})
  void whatIsNoReplyIsLost(String reply) throws IOException {
    try (HttpConnection connection = connect(reply)) {
      assertThatThrownBy(() -> connection.post(bytes("a"))).isInstanceOf(IOException.class);
    }
  }

  private HttpConnection connect(String... replies) throws IOException {
    Thread.startVirtualThread(() -> {
      try (Socket socket = listening.accept()) {
        var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
        for (String reply : List.of(replies)) {
          String first = in.readLine();
          while (!in.readLine().isEmpty()) {
            continue;
          }
          requests.add(first + " " + (char) in.read());
          socket.getOutputStream().write(bytes(reply));
        }
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    });
    return new HttpConnection(URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/get_reward"),
        Duration.ofSeconds(30));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
