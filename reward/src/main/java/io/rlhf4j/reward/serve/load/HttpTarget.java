package io.rlhf4j.reward.serve.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.reward.kind.Answer;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

/** {@code POST /get_reward} with one answer a request. */
public final class HttpTarget implements LoadTarget {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final URI address;
  private final ConcurrentLinkedDeque<HttpConnection> idle = new ConcurrentLinkedDeque<>();
  /** For requests that are abandoned. */
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(PATIENCE).build();

  public HttpTarget(URI address) {
    this.address = address;
  }

  @Override
  public double score(Answer question) throws IOException {
    HttpConnection.Reply reply = post(body(question));
    JsonNode reward = reply.status() == 200 ? JSON.readTree(reply.body()).path("rewards").path(0) : JSON.missingNode();
    if (!reward.isNumber() && !reward.isNull()) {
      throw new IOException("status " + reply.status() + ": " + new String(reply.body(), StandardCharsets.UTF_8));
    }
    return reward.asDouble(Double.NaN);
  }

  /** On a connection that nobody else is using. */
  private HttpConnection.Reply post(byte[] body) throws IOException {
    while (true) {
      HttpConnection free = idle.pollFirst();
      HttpConnection connection = free == null ? new HttpConnection(address, PATIENCE) : free;
      HttpConnection.Reply reply = null;
      try {
        reply = connection.post(body);
      } finally {
        if (reply != null && connection.reusable()) {
          idle.addFirst(connection);
        } else {
          connection.close();
        }
      }
      if (reply != null) {
        return reply;
      }
    }
  }

  @Override
  public void abandon(Answer question, Leave how, int afterMillis) throws IOException, InterruptedException {
    switch (how) {
      case CANCEL -> {
        CompletableFuture<HttpResponse<byte[]>> reply =
            client.sendAsync(request(question, PATIENCE), HttpResponse.BodyHandlers.ofByteArray());
        TimeUnit.MILLISECONDS.sleep(afterMillis);
        reply.cancel(true);
      }
      case TIMEOUT -> {
        try {
          client.send(request(question, Duration.ofMillis(Math.max(1, afterMillis))),
              HttpResponse.BodyHandlers.discarding());
        } catch (HttpTimeoutException expected) {
          return;
        }
      }
      case DISCONNECT -> disconnect(body(question), afterMillis);
    }
  }

  private void disconnect(byte[] body, int afterMillis) throws IOException, InterruptedException {
    try (Socket socket = new Socket(address.getHost(), address.getPort())) {
      // Closing resets the connection instead of ending it.
      socket.setSoLinger(true, 0);
      socket.getOutputStream().write(("POST " + address.getPath() + " HTTP/1.1\r\nHost: load\r\nContent-Length: "
          + body.length + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().write(body);
      TimeUnit.MILLISECONDS.sleep(afterMillis);
    }
  }

  private HttpRequest request(Answer question, Duration patience) {
    return HttpRequest.newBuilder(address).timeout(patience)
        .POST(HttpRequest.BodyPublishers.ofByteArray(body(question))).build();
  }

  private static byte[] body(Answer question) {
    ObjectNode body = JSON.createObjectNode();
    body.putArray("responses").add(question.text());
    body.putArray("labels").add(question.label());
    ArrayNode turns = body.putArray("messages").addArray();
    question.prompt().forEach(turn -> turns.addObject().put("role", turn.role()).put("content", turn.content()));
    return body.toString().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    client.shutdownNow();
    for (HttpConnection connection : idle) {
      try {
        connection.close();
      } catch (IOException e) {
        // Nothing is asked on it any more.
        continue;
      }
    }
  }
}
