package io.rlhf4j.telemetry;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Metrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.rlhf4j.config.InputException;
import io.rlhf4j.tensor.KernelClock;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * {@code GET /metrics} for Prometheus and {@code GET /healthz} for whoever watches over processes. While one is open,
 * what is recorded in Micrometer's global registry is kept; otherwise recording costs next to nothing.
 */
public final class MetricsEndpoint implements AutoCloseable {

  private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics garbage = new JvmGcMetrics();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;

  private MetricsEndpoint(HttpServer server) {
    this.server = server;
    Metrics.addRegistry(meters);
    garbage.bindTo(meters);
    new JvmMemoryMetrics().bindTo(meters);
    new JvmThreadMetrics().bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    FunctionCounter.builder(MeterNames.KERNELS, server, any -> KernelClock.read().cpuNanos() * 1e-9)
        .baseUnit("seconds").register(meters);
    server.setExecutor(threads);
    server.createContext("/metrics", page(meters::scrape));
    server.createContext("/healthz", page(() -> "up\n"));
    server.start();
  }

  /**
   * @param port TCP port; 0 takes a free one
   * @throws InputException if the address cannot be bound
   */
  public static MetricsEndpoint start(String host, int port) {
    try {
      return new MetricsEndpoint(HttpServer.create(new InetSocketAddress(host, port), 0));
    } catch (IOException e) {
      throw new InputException("--metrics-port: cannot listen on " + host + ":" + port + ": " + e.getMessage(), e);
    }
  }

  /** Answers GET with a text, as Prometheus reads it. */
  public static HttpHandler page(Supplier<String> text) {
    return exchange -> {
      try (exchange) {
        boolean read = exchange.getRequestMethod().equals("GET");
        byte[] body = (read ? text.get() : "only GET\n").getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
        exchange.sendResponseHeaders(read ? 200 : 405, body.length);
        exchange.getResponseBody().write(body);
      }
    };
  }

  public int port() {
    return server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdown();
    Metrics.removeRegistry(meters);
    garbage.close();
    meters.close();
  }
}
