package io.rlhf4j.reward.serve;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.serve.rpc.ScoringRpcServer;
import org.jspecify.annotations.Nullable;

/**
 * Rewards behind HTTP and gRPC in one process. Closing it answers what it has accepted, refuses what comes, and ends.
 *
 * <pre>{@code
 * try (RewardServer server = RewardServer.start(Rewards.open(recipe.rewards()), options)) {
 *   System.out.println(server.httpPort());
 * }
 * }</pre>
 */
public final class RewardServer implements AutoCloseable {

  private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final RequestCounter requests = new RequestCounter(meters);
  private final ServeOptions options;
  private final PromptTexts prompts;
  private final ScoringQueue queue;
  private final HttpFront http;
  private final @Nullable ScoringRpcServer grpc;
  private volatile boolean closing;

  private RewardServer(Rewards rewards, ServeOptions options, PromptTexts prompts) {
    this.prompts = prompts;
    this.options = options;
    this.queue = new ScoringQueue(rewards, options, meters);
    try {
      this.grpc = options.grpcPort() < 0 ? null
          : ScoringRpcServer.start(options.host(), options.grpcPort(), queue, requests);
    } catch (RuntimeException e) {
      queue.close();
      throw e;
    }
    try {
      this.http = new HttpFront(new GetReward(prompts), queue, requests, options, () -> !closing, meters::scrape);
    } catch (RuntimeException e) {
      if (grpc != null) {
        grpc.close();
      }
      queue.close();
      throw e;
    }
  }

  /**
   * Starts to listen.
   *
   * @param rewards belong to the server from now on
   * @throws io.rlhf4j.config.InputException if an address is taken
   */
  public static RewardServer start(Rewards rewards, ServeOptions options) {
    return start(rewards, options, PromptTexts.plain());
  }

  /**
   * Starts to listen.
   *
   * @param rewards belong to the server from now on
   * @param prompts how texts of prompts are read; belongs to the server from now on
   * @throws io.rlhf4j.config.InputException if an address is taken
   */
  public static RewardServer start(Rewards rewards, ServeOptions options, PromptTexts prompts) {
    return new RewardServer(rewards, options, prompts);
  }

  public int httpPort() {
    return http.port();
  }

  /** -1 without gRPC. */
  public int grpcPort() {
    return grpc == null ? -1 : grpc.port();
  }

  @Override
  public synchronized void close() {
    if (closing) {
      return;
    }
    closing = true;
    queue.close();
    try {
      requests.awaitNone(options.timeout());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    http.close();
    if (grpc != null) {
      grpc.close();
    }
    meters.close();
    prompts.close();
  }
}
