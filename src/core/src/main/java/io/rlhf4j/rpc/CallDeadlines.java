package io.rlhf4j.rpc;

import io.rlhf4j.config.ClusterConfig;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long each kind of call may take in all. A dead peer is noticed much earlier, by keepalive; these bound a live one
 * that does not finish.
 *
 * @param prepare transfer and loading of a model
 * @param generate one iteration's rollouts
 * @param score one chunk's scores, values or log-probs
 * @param update one iteration's update
 * @param fetch transfer of a model back
 */
public record CallDeadlines(Duration prepare, Duration generate, Duration score, Duration update, Duration fetch) {

  private static final int LONG_CALLS = 6;

  /** An hour for everything; six for generation and updates. */
  public static final CallDeadlines DEFAULT = of(Duration.ofHours(1));

  /** The same limit for every call but generation and updates, which may take {@value #LONG_CALLS} times as long. */
  public static CallDeadlines of(Duration limit) {
    Duration longer = limit.multipliedBy(LONG_CALLS);
    return new CallDeadlines(limit, longer, limit, longer, limit);
  }

  /** Those of a recipe, which may have no cluster. */
  public static CallDeadlines of(@Nullable ClusterConfig cluster) {
    return cluster == null ? DEFAULT : of(Duration.ofSeconds(cluster.callTimeoutSeconds()));
  }

  /** The same limit for every call. */
  public static CallDeadlines all(Duration limit) {
    return new CallDeadlines(limit, limit, limit, limit, limit);
  }
}
