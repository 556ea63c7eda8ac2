package io.rlhf4j.reward.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A gateway behind {@code POST /v1/chat/completions}: clients of a chat server get answers that were verified, and
 * {@code GET /health}. One request is answered after the other; closing it answers those that were accepted.
 */
public final class GatewayServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(GatewayServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NO_TEXTS =
      "messages must be a list of {role, content}, content being a text or a list of {type: text, text}";
  private static final int BACKLOG = 1024;
  private static final int STOP_SECONDS = 1;

  private final VerifierGateway gateway;
  private final Options options;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore room;
  private final Semaphore turn = new Semaphore(1, true);
  private final AtomicLong answered = new AtomicLong();
  private volatile boolean closing;

  /**
   * How the server works.
   *
   * @param host address to listen on; nothing protects the server, so keep it on this machine
   * @param port 0 takes a free one
   * @param maxWaiting requests that may wait or be answered; more get 503
   * @param maxRequestBytes longest body of a request; a longer one gets 413
   */
  public record Options(String host, int port, int maxWaiting, int maxRequestBytes) {

    public Options {
      require(port >= 0 && port <= 65535, "--port", port, "between 0 and 65535");
      require(maxWaiting >= 1, "--max-waiting", maxWaiting, "at least 1");
      require(maxRequestBytes >= 1, "--max-request-bytes", maxRequestBytes, "at least 1");
    }

    private static void require(boolean holds, String option, int value, String rule) {
      if (!holds) {
        throw InputException.key(option, "is " + value + ", must be " + rule);
      }
    }
  }

  /** Why a request is not answered. */
  private static final class Refusal extends Exception {

    private static final long serialVersionUID = 1L;
    private final int status;

    Refusal(int status, String message) {
      super(message, null, false, false);
      this.status = status;
    }
  }

  private GatewayServer(VerifierGateway gateway, Options options) {
    this.gateway = gateway;
    this.options = options;
    this.room = new Semaphore(options.maxWaiting());
    try {
      this.server = HttpServer.create(new InetSocketAddress(options.host(), options.port()), BACKLOG);
    } catch (IOException e) {
      throw new InputException("cannot listen on " + options.host() + ":" + options.port() + ": " + e.getMessage(), e);
    }
    server.setExecutor(threads);
    server.createContext("/v1/chat/completions", this::complete);
    server.createContext("/health",
        exchange -> send(exchange, closing ? 503 : 200,
            JSON.createObjectNode().put("status", closing ? "closing" : "up")));
    server.start();
  }

  /**
   * Starts to listen.
   *
   * @param gateway stays the caller's
   * @throws InputException if the address is taken
   */
  public static GatewayServer start(VerifierGateway gateway, Options options) {
    return new GatewayServer(gateway, options);
  }

  public int port() {
    return server.getAddress().getPort();
  }

  private void complete(HttpExchange exchange) throws IOException {
    try {
      JsonNode request = read(exchange);
      List<ChatMessage> messages = messages(request.path("messages"));
      String label = request.path("label").isTextual() ? request.get("label").textValue() : null;
      VerifierGateway.Decision decision = decide(messages, label);
      if (decision.outcome().equals("failed")) {
        throw new Refusal(502, "no attempt had an answer; the log of the gateway says why");
      }
      send(exchange, 200, reply(decision));
    } catch (Refusal e) {
      if (e.status == 503) {
        exchange.getResponseHeaders().set("Retry-After", "1");
      }
      send(exchange, e.status, error(e.getMessage()));
    } catch (InterruptedException | RuntimeException e) {
      LOG.warn("a request could not be answered", e);
      send(exchange, 500, error("the gateway failed"));
    } finally {
      exchange.close();
    }
  }

  private static ObjectNode error(String message) {
    ObjectNode reply = JSON.createObjectNode();
    reply.putObject("error").put("message", message);
    return reply;
  }

  private VerifierGateway.Decision decide(List<ChatMessage> messages, String label)
      throws Refusal, InterruptedException {
    if (closing || !room.tryAcquire()) {
      throw new Refusal(503, closing ? "the gateway is going down" : "too many requests wait, try again later");
    }
    try {
      turn.acquire();
      try {
        return gateway.answer(messages, label);
      } finally {
        turn.release();
      }
    } finally {
      room.release();
    }
  }

  private JsonNode read(HttpExchange exchange) throws IOException, Refusal {
    if (!exchange.getRequestMethod().equals("POST")) {
      throw new Refusal(405, "must be a POST");
    }
    byte[] body = exchange.getRequestBody().readNBytes(options.maxRequestBytes() + 1);
    if (body.length > options.maxRequestBytes()) {
      throw new Refusal(413, "the body is longer than " + options.maxRequestBytes() + " bytes");
    }
    JsonNode request;
    try {
      request = JSON.readTree(body);
    } catch (IOException e) {
      throw new Refusal(400, "the body is not JSON");
    }
    if (request.path("stream").asBoolean() || request.path("n").asInt(1) != 1) {
      throw new Refusal(400, "stream and n are not supported: an answer is verified as a whole");
    }
    return request;
  }

  private static List<ChatMessage> messages(JsonNode list) throws Refusal {
    List<ChatMessage> messages = new ArrayList<>();
    for (JsonNode turn : list) {
      if (!turn.path("role").isTextual()) {
        throw new Refusal(400, NO_TEXTS);
      }
      messages.add(new ChatMessage(turn.get("role").textValue(), text(turn.path("content"))));
    }
    if (messages.isEmpty() || messages.getLast().isAssistant()) {
      throw new Refusal(400, "messages must be a list of {role, content} that ends with a user's turn");
    }
    return messages;
  }

  /** A text, or parts of the type text, as some clients send every turn. */
  private static String text(JsonNode content) throws Refusal {
    if (content.isTextual()) {
      return content.textValue();
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      if (!part.path("type").asText().equals("text") || !part.path("text").isTextual()) {
        throw new Refusal(400, NO_TEXTS);
      }
      text.append(part.get("text").textValue());
    }
    if (text.isEmpty()) {
      throw new Refusal(400, NO_TEXTS);
    }
    return text.toString();
  }

  private ObjectNode reply(VerifierGateway.Decision decision) {
    ObjectNode reply = JSON.createObjectNode().put("id", "gateway-" + answered.incrementAndGet())
        .put("object", "chat.completion").put("created", Instant.now().getEpochSecond()).put("model", "gateway");
    ObjectNode choice = reply.putArray("choices").addObject().put("index", 0);
    choice.putObject("message").put("role", "assistant").put("content", decision.text());
    choice.put("finish_reason", "stop");
    ObjectNode verdict = reply.putObject("gateway").put("outcome", decision.outcome());
    verdict.put("score", Double.isFinite(decision.score()) ? (Double) decision.score() : null);
    verdict.put("attempts", decision.attempts());
    return reply;
  }

  private static void send(HttpExchange exchange, int status, ObjectNode reply) throws IOException {
    byte[] body = JSON.writeValueAsBytes(reply);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  /** Answers what was accepted, refuses what comes. */
  @Override
  public void close() {
    closing = true;
    room.acquireUninterruptibly(options.maxWaiting());
    room.release(options.maxWaiting());
    server.stop(STOP_SECONDS);
    threads.shutdown();
  }
}
