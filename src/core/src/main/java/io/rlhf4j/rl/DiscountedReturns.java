package io.rlhf4j.rl;

/** Returns of one response, which are its advantages where there is no critic (Williams 1992). */
public final class DiscountedReturns {

  private DiscountedReturns() {}

  /** {@code R_t = r_t + gamma * R_{t+1}} with {@code R_n = 0}: {@code [n] -> [n]}. */
  public static float[] of(float[] rewards, double gamma) {
    float[] returns = new float[rewards.length];
    double next = 0;
    for (int t = rewards.length - 1; t >= 0; t--) {
      next = rewards[t] + gamma * next;
      returns[t] = (float) next;
    }
    return returns;
  }
}
