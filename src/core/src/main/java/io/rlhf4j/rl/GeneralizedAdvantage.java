package io.rlhf4j.rl;

/**
 * Generalised advantage estimation (Schulman et al. 2016, equations 11 to 16) of one response.
 *
 * @param advantages {@code [n]}, not whitened
 * @param returns {@code advantages + values}, {@code [n]}
 */
public record GeneralizedAdvantage(float[] advantages, float[] returns) {

  /**
   * {@code delta_t = r_t + gamma * V_{t+1} - V_t} and {@code A_t = delta_t + gamma * lambda * A_{t+1}}, with
   * {@code V_n = A_n = 0} whether the response ended with EOS or was cut: there is no state after the last action.
   *
   * @param rewards {@code [n]}
   * @param values of the state in which action {@code t} is taken, {@code [n]}
   */
  public static GeneralizedAdvantage estimate(float[] rewards, float[] values, double gamma, double lambda) {
    int n = rewards.length;
    if (values.length != n) {
      throw new IllegalArgumentException(n + " rewards but " + values.length + " values");
    }
    float[] advantages = new float[n];
    float[] returns = new float[n];
    double nextValue = 0;
    double nextAdvantage = 0;
    for (int t = n - 1; t >= 0; t--) {
      double delta = rewards[t] + gamma * nextValue - values[t];
      nextAdvantage = delta + gamma * lambda * nextAdvantage;
      nextValue = values[t];
      advantages[t] = (float) nextAdvantage;
      returns[t] = (float) (nextAdvantage + values[t]);
    }
    return new GeneralizedAdvantage(advantages, returns);
  }
}
