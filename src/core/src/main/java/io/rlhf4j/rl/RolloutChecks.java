package io.rlhf4j.rl;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Refuses batches that would poison the update without an error anywhere else. */
final class RolloutChecks {

  private RolloutChecks() {}

  /** @param critic whether every rollout must have values */
  static void check(List<ScoredRollout> batch, boolean critic) {
    if (batch.isEmpty()) {
      throw new IllegalArgumentException("no rollouts to make experience from");
    }
    Set<RolloutKey> keys = new HashSet<>();
    for (ScoredRollout scored : batch) {
      RolloutKey key = scored.rollout().key();
      if (!keys.add(key)) {
        throw new IllegalArgumentException("rollout " + key + " is in the batch twice");
      }
      requireFinite(key, "score", scored.score());
      requireFinite(key, "behaviour log-prob", scored.rollout().behaviourLogProbs());
      requireFinite(key, "policy log-prob", scored.policyLogProbs());
      requireFinite(key, "reference log-prob", scored.referenceLogProbs());
      if (critic && !scored.hasValues()) {
        throw new IllegalArgumentException("rollout " + key + " has no values");
      }
      requireFinite(key, "value", scored.values());
    }
  }

  private static void requireFinite(RolloutKey key, String what, float number) {
    if (!Float.isFinite(number)) {
      throw new IllegalArgumentException("rollout " + key + ": " + what + " is " + number + ", must be finite");
    }
  }

  private static void requireFinite(RolloutKey key, String what, float[] numbers) {
    for (int t = 0; t < numbers.length; t++) {
      requireFinite(key, what + " of action " + t, numbers[t]);
    }
  }
}
