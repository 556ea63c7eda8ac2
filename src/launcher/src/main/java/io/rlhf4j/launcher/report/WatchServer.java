package io.rlhf4j.launcher.report;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A run in the browser while it goes on: {@code GET /} has its curves and warnings, {@code GET /samples} its answers.
 * Reads the run's files and changes nothing. On a loopback address only requests that name a loopback address or
 * {@code localhost} are answered, so that no page from elsewhere can reach it under a name of its own.
 */
public final class WatchServer implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WatchServer.class);
  /** A page that is younger is shown again rather than drawn again, however many browsers ask. */
  private static final Duration FRESH = Duration.ofSeconds(2);

  private final Path run;
  private final Duration fresh;
  private final boolean loopback;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private @Nullable String page;
  private long drawnNanos;

  /** An answer before it is sent. */
  private record Reply(int status, String type, String body) {

    static Reply html(String body) {
      return new Reply(200, "text/html", body);
    }

    static Reply refused(int status, String reason) {
      return new Reply(status, "text/plain", reason + "\n");
    }
  }

  private WatchServer(Path run, Duration fresh, boolean loopback, HttpServer server) {
    this.run = run;
    this.fresh = fresh;
    this.loopback = loopback;
    this.server = server;
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /**
   * @param run directory of a run or flywheel
   * @param port TCP port; 0 takes a free one
   * @throws InputException if there is nothing to show, or the address cannot be bound
   */
  public static WatchServer start(Path run, String host, int port) {
    return start(run, host, port, FRESH);
  }

  static WatchServer start(Path run, String host, int port, Duration fresh) {
    RunFiles.read(run);
    try {
      InetAddress address = InetAddress.getByName(host);
      return new WatchServer(run, fresh, address.isLoopbackAddress(),
          HttpServer.create(new InetSocketAddress(address, port), 0));
    } catch (IOException e) {
      throw new InputException("cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  public int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) {
    try (exchange) {
      send(exchange, reply(exchange));
    } catch (IOException e) {
      LOG.debug("a browser went away", e);
    }
  }

  private Reply reply(HttpExchange exchange) throws IOException {
    if (loopback && !isLoopbackName(exchange.getRequestHeaders().getFirst("Host"))) {
      return Reply.refused(403, "only requests to localhost are answered");
    }
    if (!exchange.getRequestMethod().equals("GET")) {
      return Reply.refused(405, "only GET");
    }
    URI address = exchange.getRequestURI();
    try {
      return switch (address.getPath()) {
        case "/" -> Reply.html(curves());
        case "/samples" -> {
          SampleQuery query = SampleQuery.parse(address.getRawQuery());
          yield Reply.html(SamplesPage.of(ReportPage.name(run), query, SampleFiles.search(run, query)));
        }
        case "/watch.js" -> new Reply(200, "text/javascript", PageHead.resource("watch.js"));
        default -> Reply.refused(404, "no such page, see /");
      };
    } catch (InputException e) {
      return Reply.refused(400, e.getMessage());
    } catch (IOException | RuntimeException e) {
      LOG.warn("{}: cannot be shown", run, e);
      return Reply.refused(500, "the run cannot be read at the moment: " + e);
    }
  }

  private synchronized String curves() {
    if (page == null || System.nanoTime() - drawnNanos >= fresh.toNanos()) {
      page = ReportPage.live(RunFiles.read(run));
      drawnNanos = System.nanoTime();
    }
    return page;
  }

  private static boolean isLoopbackName(@Nullable String host) {
    if (host == null) {
      return false;
    }
    String name = host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    return name.equals("localhost") || name.equals("[::1]") || name.matches("127(\\.\\d{1,3}){3}");
  }

  private static void send(HttpExchange exchange, Reply reply) throws IOException {
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    Map.of("Content-Type", reply.type() + "; charset=utf-8", "Content-Security-Policy", PageHead.LIVE.policy(),
        "X-Content-Type-Options", "nosniff", "Referrer-Policy", "no-referrer", "Cache-Control", "no-store")
        .forEach(exchange.getResponseHeaders()::set);
    exchange.sendResponseHeaders(reply.status(), body.length);
    exchange.getResponseBody().write(body);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
  }
}
