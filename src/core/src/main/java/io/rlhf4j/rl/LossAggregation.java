package io.rlhf4j.rl;

/**
 * How the losses of single actions become the loss of a mini-batch. Each is a weight of an action and one denominator
 * for the whole mini-batch, so that micro-batches of any size add up to the same gradient.
 */
public enum LossAggregation {
  /** Mean over all actions: long responses count more (DAPO, Yu et al. 2025, section 3.3). */
  TOKEN_MEAN,
  /** Mean over the responses of the mean over their actions (GRPO, Shao et al. 2024, equation 3). */
  SEQUENCE_MEAN,
  /** Sum over responses and max_new_tokens, whatever the lengths (Dr. GRPO, Liu et al. 2025, section 3.1). */
  CONSTANT;

  /** What each action of a response of {@code length} actions counts. */
  public float weight(int length) {
    return switch (this) {
      case TOKEN_MEAN, CONSTANT -> 1;
      case SEQUENCE_MEAN -> 1f / length;
    };
  }

  /**
   * What the weighted sum over a mini-batch is divided by, at least 1.
   *
   * @param sequences responses of the mini-batch
   * @param actions their actions
   * @param maxNewTokens the longest response possible
   */
  public double denominator(int sequences, int actions, int maxNewTokens) {
    return Math.max(1, switch (this) {
      case TOKEN_MEAN -> (double) actions;
      case SEQUENCE_MEAN -> sequences;
      case CONSTANT -> (double) sequences * maxNewTokens;
    });
  }
}
