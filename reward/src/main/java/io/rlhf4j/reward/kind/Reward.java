package io.rlhf4j.reward.kind;

import java.util.List;
import java.util.Map;

/**
 * Scores answers, higher is better. One thread at a time.
 *
 * <p>Programs implement {@link AnswerReward} or {@link GroupReward}.
 */
public sealed interface Reward extends AutoCloseable permits AnswerReward, GroupReward {

  /**
   * Scores all answers of all groups.
   *
   * @return for each group one array with a score for each of its answers; NaN where an answer cannot be scored
   */
  List<double[]> score(List<AnswerGroup> groups);

  /** What has been counted so far, by a name that a reader understands; for example verdicts that made no sense. */
  default Map<String, Long> counts() {
    return Map.of();
  }

  @Override
  default void close() {}
}
