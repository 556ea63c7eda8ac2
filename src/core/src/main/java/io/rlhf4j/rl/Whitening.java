package io.rlhf4j.rl;

import java.util.ArrayList;
import java.util.List;

/**
 * Shifts and scales all actions of a rollout batch to mean 0 and deviation 1.
 *
 * <p>The moments are those of the whole batch, never of a micro-batch, and only real actions count; there is no padding
 * here to leak in. The variance is limited below by 1e-8. OpenRLHF takes the biased one; TRL and verl use Bessel's
 * correction, a factor of {@code sqrt(1 - 1 / actions)} on the result.
 */
public final class Whitening {

  private static final double MIN_VARIANCE = 1e-8;

  private Whitening() {}

  /**
   * Whitened copies of {@code batch}, one array {@code [n]} for each sequence.
   *
   * @param unbiased whether the variance has Bessel's correction
   */
  public static List<float[]> whiten(List<float[]> batch, boolean unbiased) {
    Moments moments = Moments.of(batch);
    double variance = unbiased && moments.count() > 1 ? moments.squares() / (moments.count() - 1) : moments.variance();
    double scale = 1 / Math.sqrt(Math.max(variance, MIN_VARIANCE));
    List<float[]> result = new ArrayList<>(batch.size());
    for (float[] array : batch) {
      float[] white = new float[array.length];
      for (int t = 0; t < array.length; t++) {
        white[t] = (float) ((array[t] - moments.mean()) * scale);
      }
      result.add(white);
    }
    return result;
  }
}
