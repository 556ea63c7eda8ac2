package io.rlhf4j.launcher;

import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.MetricsEndpoint;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The arguments of commands that can be watched by Prometheus; use it as a picocli mixin. */
final class MetricsOptions {

  @Option(names = "--metrics-port", paramLabel = "PORT", description = {
      "Serve GET /metrics for Prometheus and GET /healthz here; 0 takes a free port. Default: no endpoint."})
  private @Nullable Integer port;

  @Option(names = "--metrics-host", paramLabel = "HOST", defaultValue = "127.0.0.1", description = {
      "Address of the endpoint. Default: ${DEFAULT-VALUE}. It has no encryption and no password."})
  private String host = "";

  /** An endpoint, or none. */
  @FunctionalInterface
  interface Open extends AutoCloseable {
    @Override
    void close();
  }

  /** Open until closed; does nothing if it was not asked for. */
  Open start(PrintWriter out) {
    if (port == null) {
      return () -> {};
    }
    if (port < 0 || port > 65535) {
      throw InputException.key("--metrics-port", "is " + port + ", must be between 0 and 65535");
    }
    MetricsEndpoint endpoint = MetricsEndpoint.start(host, port);
    out.println("metrics at http://" + host + ":" + endpoint.port() + "/metrics");
    out.flush();
    return endpoint::close;
  }
}
