package io.rlhf4j.rl;

/** Rewards of the single actions. */
public final class TokenRewards {

  private TokenRewards() {}

  /**
   * {@code r_t = -coefficient * kl_t}, plus the response's reward at the last action, which is the EOS action itself or
   * the last token before the cut (Ouyang et al. 2022, equation 2, without the pre-training term).
   *
   * @param kl per action, {@code [n]}, nats
   * @param coefficient weight of the KL penalty, at least 0
   * @param reward of the whole response
   * @return {@code [n]}
   */
  public static float[] shape(float[] kl, double coefficient, float reward) {
    float[] rewards = new float[kl.length];
    for (int t = 0; t < kl.length; t++) {
      rewards[t] = (float) (-coefficient * kl[t]);
    }
    rewards[kl.length - 1] += reward;
    return rewards;
  }
}
