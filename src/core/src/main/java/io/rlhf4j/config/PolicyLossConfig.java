package io.rlhf4j.config;

import io.rlhf4j.rl.LossAggregation;
import org.jspecify.annotations.Nullable;

/**
 * The loss of the policy.
 *
 * @param clipRange how far the probability ratio may move from 1 before its gradient stops
 * @param clipRangeLow the same downwards only; null takes clip_range
 * @param clipRangeHigh the same upwards only (DAPO: 0.28); null takes clip_range
 * @param dualClip lower bound of the objective for negative advantages, as a multiple of them; null switches it off
 * @param lossAggregation token_mean, sequence_mean (a mean over responses of their means) or constant (Dr. GRPO: over
 *     mini_batch_size times max_new_tokens); null takes constant for dr_grpo and token_mean for the others
 * @param entropyCoef weight of an entropy bonus; 0 only logs the entropy
 * @param proximalPolicy what the ratio is taken against: recomputed (the policy before the update, by the training
 *     forward) or behaviour (the sampler's own log-probabilities)
 * @param importanceCap largest importance weight, exp(recomputed - sampled log-probability), that an action's loss is
 *     multiplied by where sampler and trainer differ, for example 2; null leaves it out
 * @param ptxCoef weight of the next-token loss on SFT examples that every update of the actor mixes in (InternLM2:
 *     0.5); 0 leaves it out
 * @param ptxBatchSize SFT examples in one update
 * @param emaBeta decay of a moving average of the weights, saved beside the final actor (OpenRLHF: 0.992); null keeps
 *     none
 */
public record PolicyLossConfig(@Default("0.2") double clipRange, @Default("null") @Nullable Double clipRangeLow,
    @Default("null") @Nullable Double clipRangeHigh, @Default("null") @Nullable Double dualClip,
    @Default("null") @Nullable LossAggregation lossAggregation, @Default("0.0") double entropyCoef,
    @Default("recomputed") ProximalPolicy proximalPolicy, @Default("null") @Nullable Double importanceCap,
    @Default("0.0") double ptxCoef, @Default("32") int ptxBatchSize, @Default("null") @Nullable Double emaBeta) {

  public PolicyLossConfig {
    Check.positive("clip_range", clipRange);
    Check.positiveOrNull("clip_range_low", clipRangeLow);
    Check.positiveOrNull("clip_range_high", clipRangeHigh);
    Check.that(clipRangeLow == null || clipRangeLow < 1, "clip_range_low", clipRangeLow,
        "below 1, where the ratio would be clipped at 0");
    Check.that(clipRangeLow != null || clipRange < 1, "clip_range", clipRange,
        "below 1, where the ratio would be clipped at 0; clip_range_high may be larger");
    double highest = 1 + (clipRangeHigh == null ? clipRange : clipRangeHigh);
    Check.that(dualClip == null || dualClip > highest, "dual_clip", dualClip, "greater than " + (float) highest
        + ", the ratio at which clip_range ends");
    Check.notNegative("entropy_coef", entropyCoef);
    Check.positiveOrNull("importance_cap", importanceCap);
    Check.that(importanceCap == null || proximalPolicy == ProximalPolicy.RECOMPUTED, "importance_cap", importanceCap,
        "null with proximal_policy behaviour, whose ratio corrects for the sampler already");
    Check.notNegative("ptx_coef", ptxCoef);
    Check.atLeast("ptx_batch_size", ptxBatchSize, 1);
    Check.that(emaBeta == null || emaBeta > 0 && emaBeta < 1, "ema_beta", emaBeta, "between 0 and 1, or null");
  }

  /** Distance below 1 at which the ratio is clipped. */
  public double clipLow() {
    return clipRangeLow == null ? clipRange : clipRangeLow;
  }

  /** Distance above 1 at which the ratio is clipped. */
  public double clipHigh() {
    return clipRangeHigh == null ? clipRange : clipRangeHigh;
  }

  /** {@link #dualClip}, 0 for none. */
  public double dualClipOrOff() {
    return dualClip == null ? 0 : dualClip;
  }
}
