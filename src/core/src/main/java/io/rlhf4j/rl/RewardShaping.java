package io.rlhf4j.rl;

import org.jspecify.annotations.Nullable;

/**
 * What a response is paid for its score.
 *
 * @param clip rewards are limited to +- this; null leaves them
 * @param normalize whether scores are normalised by their running mean and deviation before the clip
 * @param missingEos what a response without EOS is paid, applied last
 */
public record RewardShaping(@Nullable Double clip, boolean normalize, MissingEos missingEos) {

  /** The score as it is. */
  public static final RewardShaping NONE = new RewardShaping(null, false, new MissingEos.Keep());

  public RewardShaping {
    if (clip != null && !(clip > 0)) {
      throw new IllegalArgumentException("reward_clip is " + clip + ", must be positive");
    }
  }

  /**
   * The reward of one response.
   *
   * @param normalizer has observed the score already; used only if {@link #normalize}
   */
  public float reward(ScoredRollout scored, RewardNormalizer normalizer) {
    float reward = normalize ? normalizer.normalize(scored.score()) : scored.score();
    if (clip != null) {
      reward = (float) Math.clamp(reward, -clip, clip);
    }
    return missingEos.reward(reward, scored.rollout().finish());
  }
}
