package io.rlhf4j.reward.serve;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.MetricsEndpoint;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code POST /get_reward}, {@code GET /health}, {@code GET /metrics}. One virtual thread for each request. */
final class HttpFront implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(HttpFront.class);
  private static final int BACKLOG = 1024;
  /** The JDK's server writes head and body of a reply one after the other; the body must not wait for the receipt. */
  private static final String NO_DELAY = "sun.net.httpserver.nodelay";

  static {
    if (System.getProperty(NO_DELAY) == null) {
      System.setProperty(NO_DELAY, "true");
    }
  }

  private final GetReward reading;
  private final ScoringQueue queue;
  private final RequestCounter requests;
  private final int maxRequestBytes;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** A reply before it is sent. */
  private record Reply(int status, String type, byte[] body) {

    static Reply json(int status, byte[] body) {
      return new Reply(status, "application/json", body);
    }
  }

  HttpFront(GetReward reading, ScoringQueue queue, RequestCounter requests, ServeOptions options,
      BooleanSupplier healthy, Supplier<String> metrics) {
    this.reading = reading;
    this.queue = queue;
    this.requests = requests;
    this.maxRequestBytes = options.maxRequestBytes();
    try {
      this.server = HttpServer.create(new InetSocketAddress(options.host(), options.httpPort()), BACKLOG);
    } catch (IOException e) {
      throw new InputException(
          "cannot listen on " + options.host() + ":" + options.httpPort() + ": " + e.getMessage(), e);
    }
    server.setExecutor(threads);
    server.createContext("/get_reward", this::getReward);
    server.createContext("/health", exchange -> send(exchange, healthy.getAsBoolean()
        ? Reply.json(200, "{\"status\":\"up\"}".getBytes(StandardCharsets.UTF_8))
        : Reply.json(503, "{\"status\":\"closing\"}".getBytes(StandardCharsets.UTF_8))));
    server.createContext("/metrics", MetricsEndpoint.page(metrics));
    server.start();
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void getReward(HttpExchange exchange) {
    try {
      requests.measure("http", () -> {
        try {
          AskedAnswers asked = reading.read(body(exchange));
          send(exchange, Reply.json(200, GetReward.write(asked.inOrder(queue.score(asked.groups())))));
          return true;
        } catch (Refused e) {
          send(exchange, Reply.json(e.reason().status(), GetReward.error(e.getMessage())));
          throw e;
        }
      });
    } catch (Refused e) {
      LOG.debug("refused: {}", e.getMessage());
    } catch (Exception e) {
      // The client went away; its scores are of no use to anybody.
      LOG.debug("request ended early", e);
    } finally {
      exchange.close();
    }
  }

  private byte[] body(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      throw new Refused(Refused.Reason.MALFORMED, "must be a POST");
    }
    byte[] body = exchange.getRequestBody().readNBytes(maxRequestBytes + 1);
    if (body.length > maxRequestBytes) {
      throw new Refused(Refused.Reason.TOO_LARGE, "the body is longer than " + maxRequestBytes + " bytes");
    }
    return body;
  }

  private static void send(HttpExchange exchange, Reply reply) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", reply.type());
    if (reply.status() == 503) {
      exchange.getResponseHeaders().set("Retry-After", "1");
    }
    exchange.sendResponseHeaders(reply.status(), reply.body().length);
    exchange.getResponseBody().write(reply.body());
    exchange.close();
  }

  /** Ends with the replies that are on their way. */
  @Override
  public void close() {
    server.stop((int) Duration.ofSeconds(1).toSeconds());
    threads.shutdown();
  }
}
