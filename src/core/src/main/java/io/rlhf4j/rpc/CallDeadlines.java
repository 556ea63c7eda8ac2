package io.rlhf4j.rpc;

import java.time.Duration;

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

  /** An hour for everything; six for generation and updates. */
  public static final CallDeadlines DEFAULT = new CallDeadlines(Duration.ofHours(1), Duration.ofHours(6),
      Duration.ofHours(1), Duration.ofHours(6), Duration.ofHours(1));

  /** The same limit for every call. */
  public static CallDeadlines all(Duration limit) {
    return new CallDeadlines(limit, limit, limit, limit, limit);
  }
}
