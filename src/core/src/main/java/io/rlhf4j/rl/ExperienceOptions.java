package io.rlhf4j.rl;

import org.jspecify.annotations.Nullable;

/**
 * How scored rollouts become experience.
 *
 * @param kl weight of the KL penalty at the first iteration
 * @param klEstimator what the penalty is computed with
 * @param gamma discount of an action, in [0, 1]
 * @param lambda GAE mixing, in [0, 1]
 * @param whitenAdvantages whether advantages are whitened over the whole rollout batch
 * @param rewardClip responses' rewards are limited to +- this; null leaves them
 * @param normalizeReward whether scores are normalised by their running mean and deviation before the clip
 * @param missingEos what a response without EOS is paid, applied last
 */
public record ExperienceOptions(KlController kl, KlEstimator klEstimator, double gamma, double lambda,
    boolean whitenAdvantages, @Nullable Double rewardClip, boolean normalizeReward, MissingEos missingEos) {

  public ExperienceOptions {
    requireFraction("gamma", gamma);
    requireFraction("lambda", lambda);
    if (rewardClip != null && !(rewardClip > 0)) {
      throw new IllegalArgumentException("reward_clip is " + rewardClip + ", must be positive");
    }
  }

  private static void requireFraction(String name, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " is " + value + ", must be in [0, 1]");
    }
  }
}
