package io.rlhf4j.rl;

/**
 * Weights that make samples of one policy stand for another: truncated importance sampling (Ionides 2008) between the
 * sampler, which may be older or of lower precision, and the policy that the update starts from. Together with a ratio
 * against the latter this is the decoupled objective of Hilton et al. 2022, equation 6.
 */
public final class ImportanceWeights {

  private ImportanceWeights() {}

  /**
   * {@code min(exp(proximal - behaviour), cap)} for each action, {@code [n]}.
   *
   * @param proximal log-probs under the training forward before the update, nats
   * @param behaviour log-probs under the policy that sampled, nats
   * @param cap largest weight, positive
   */
  public static float[] truncated(float[] proximal, float[] behaviour, double cap) {
    float[] weights = new float[proximal.length];
    for (int t = 0; t < weights.length; t++) {
      weights[t] = (float) Math.min(Math.exp((double) proximal[t] - behaviour[t]), cap);
    }
    return weights;
  }
}
