package io.rlhf4j.rl;

import org.jspecify.annotations.Nullable;

/**
 * What a response is paid for its score, and whether anything is learned from it.
 *
 * @param clip rewards are limited to +- this; null leaves them
 * @param normalize whether scores are normalised by their running mean and deviation before the clip
 * @param missingEos what a response without EOS is paid, applied last
 * @param maskTruncated whether nothing is learned from a response without EOS
 * @param overlong penalty for long responses; null for none
 * @param format penalty for responses of the wrong form; null for none
 */
public record RewardShaping(@Nullable Double clip, boolean normalize, MissingEos missingEos, boolean maskTruncated,
    @Nullable OverlongPenalty overlong, @Nullable FormatRule format) {

  /** The score as it is. */
  public static final RewardShaping NONE = new RewardShaping(null, false, new MissingEos.Keep());

  public RewardShaping {
    if (clip != null && !(clip > 0)) {
      throw new IllegalArgumentException("reward_clip is " + clip + ", must be positive");
    }
  }

  /** Without masks and penalties for length and form. */
  public RewardShaping(@Nullable Double clip, boolean normalize, MissingEos missingEos) {
    this(clip, normalize, missingEos, false, null, null);
  }

  /**
   * The reward of one response: its score, normalised, clipped, minus penalties; so a clipped score cannot hide a
   * penalty.
   *
   * @param normalizer has observed the score already; used only if {@link #normalize}
   */
  public float reward(ScoredRollout scored, RewardNormalizer normalizer) {
    Rollout rollout = scored.rollout();
    float reward = normalize ? normalizer.normalize(scored.score()) : scored.score();
    if (clip != null) {
      reward = (float) Math.clamp(reward, -clip, clip);
    }
    if (overlong != null) {
      reward -= (float) overlong.of(rollout.response().length);
    }
    if (format != null && format.penalty() != null && !format.holds().test(rollout)) {
      reward -= format.penalty().floatValue();
    }
    return missingEos.reward(reward, rollout.finish());
  }

  /** Whether the update learns from this response. */
  public boolean keeps(Rollout rollout) {
    boolean wellFormed = format == null || format.penalty() != null || format.holds().test(rollout);
    return wellFormed && (!maskTruncated || rollout.finish().isComplete());
  }
}
