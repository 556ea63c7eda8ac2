package io.rlhf4j.reward.serve;

import io.rlhf4j.config.InputException;
import java.time.Duration;

/**
 * How a reward server works.
 *
 * @param host address to listen on; nothing protects the server, so keep it on this machine
 * @param httpPort 0 takes a free one
 * @param grpcPort 0 takes a free one; -1 leaves gRPC out
 * @param maxBatch answers scored together
 * @param maxWait how long a batch waits for as many requests as the last one had
 * @param maxQueue answers that may wait; more are refused
 * @param maxRequestBytes longest body of a request
 * @param timeout longest time until a request is answered
 */
public record ServeOptions(String host, int httpPort, int grpcPort, int maxBatch, Duration maxWait, int maxQueue,
    int maxRequestBytes, Duration timeout) {

  public ServeOptions {
    require(httpPort >= 0 && httpPort <= 65535, "--port", httpPort, "between 0 and 65535");
    require(grpcPort >= -1 && grpcPort <= 65535, "--grpc-port", grpcPort, "between 0 and 65535, or -1 for none");
    require(maxBatch >= 1, "--max-batch", maxBatch, "at least 1");
    require(!maxWait.isNegative(), "--max-wait-ms", maxWait.toMillis(), "at least 0");
    require(maxQueue >= 1, "--max-queue", maxQueue, "at least 1");
    require(maxRequestBytes >= 1, "--max-request-bytes", maxRequestBytes, "at least 1");
    require(timeout.isPositive(), "--timeout", timeout.toSeconds(), "at least 1");
  }

  private static void require(boolean holds, String option, Object value, String rule) {
    if (!holds) {
      throw InputException.key(option, "is " + value + ", must be " + rule);
    }
  }
}
