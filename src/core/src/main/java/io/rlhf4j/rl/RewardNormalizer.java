package io.rlhf4j.rl;

import java.util.List;

/**
 * Running normaliser of scores: {@code (score - mean) / deviation} over every score seen so far in the run. Immutable;
 * the state belongs to the checkpoint.
 *
 * @param seen moments of the scores of this and the earlier iterations
 */
public record RewardNormalizer(Moments seen) {

  private static final double MIN_DEVIATION = 1e-8;

  public static final RewardNormalizer EMPTY = new RewardNormalizer(Moments.EMPTY);

  /** This normaliser after {@code scores}; call it before {@link #normalize} so that the first batch is covered. */
  public RewardNormalizer observe(float[] scores) {
    return new RewardNormalizer(seen.plus(Moments.of(List.of(scores))));
  }

  /** @throws IllegalStateException before anything was observed: a silent identity would change the reward's scale */
  public float normalize(float score) {
    if (seen.count() == 0) {
      throw new IllegalStateException("cannot normalise a score before any was observed");
    }
    return (float) ((score - seen.mean()) / Math.max(seen.deviation(), MIN_DEVIATION));
  }
}
