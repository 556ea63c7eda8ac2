package io.rlhf4j.rl;

import java.util.List;

/** Compares the rewards of the responses to one prompt. */
public final class GroupRewards {

  private GroupRewards() {}

  /**
   * The part of each reward that counts under {@code estimator}: with {@code m} the group's mean,
   * {@code r - (sum - r) / (n - 1)} for {@link AdvantageEstimator#RLOO}, {@code r - m} for
   * {@link AdvantageEstimator#REINFORCE_BASELINE} and {@link AdvantageEstimator#DR_GRPO},
   * {@code (r - m) / (s + epsilon)} with the unbiased deviation {@code s} for {@link AdvantageEstimator#GROUP_NORM},
   * and the reward itself for the others.
   *
   * @param rewards of one prompt's responses, {@code [n]}
   * @param epsilon keeps groups apart from a division by zero
   * @return {@code [n]}
   * @throws IllegalArgumentException for a single response to an estimator that compares responses
   */
  public static float[] compare(AdvantageEstimator estimator, float[] rewards, double epsilon) {
    int n = rewards.length;
    if (estimator.comparesResponses() && n < 2) {
      throw new IllegalArgumentException(estimator.yamlName() + " needs at least two responses to a prompt, not " + n);
    }
    Moments moments = Moments.of(List.of(rewards));
    double scale = switch (estimator) {
      case GAE, REINFORCE, REINFORCE_BASELINE, DR_GRPO -> 1;
      // r - (sum - r) / (n - 1) = (r - mean) * n / (n - 1)
      case RLOO -> (double) n / (n - 1);
      case GROUP_NORM -> 1 / (Math.sqrt(moments.squares() / (n - 1)) + epsilon);
    };
    double baseline = estimator.comparesResponses() ? moments.mean() : 0;
    float[] result = new float[n];
    for (int i = 0; i < n; i++) {
      result[i] = (float) ((rewards[i] - baseline) * scale);
    }
    return result;
  }
}
