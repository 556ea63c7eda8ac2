package io.rlhf4j.rl;

/**
 * What one iteration's reward shaping hands to the next; part of the checkpoint.
 *
 * @param kl weight of the KL penalty
 * @param normalizer running moments of the scores
 */
public record ShapingState(KlController kl, RewardNormalizer normalizer) {

  /** State before the first iteration. */
  public static ShapingState initial(ExperienceOptions options) {
    return new ShapingState(options.kl(), RewardNormalizer.EMPTY);
  }
}
