package io.rlhf4j.rl;

import java.util.Comparator;

/**
 * Identity of one rollout. A retried request with the same key gives the same tokens. Keys are
 * ordered by their components from left to right.
 *
 * @param step PPO iteration, from 0
 * @param promptId row of the prompt in its data set
 * @param sampleIndex which of the {@code n} samples of that prompt, from 0
 * @param policyVersion number of optimiser iterations the sampling policy had seen
 */
public record RolloutKey(long step, long promptId, int sampleIndex, long policyVersion)
    implements Comparable<RolloutKey> {

  private static final Comparator<RolloutKey> ORDER = Comparator.comparingLong(RolloutKey::step)
      .thenComparingLong(RolloutKey::promptId).thenComparingInt(RolloutKey::sampleIndex)
      .thenComparingLong(RolloutKey::policyVersion);

  @Override
  public int compareTo(RolloutKey other) {
    return ORDER.compare(this, other);
  }
}
