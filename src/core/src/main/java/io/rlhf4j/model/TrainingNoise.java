package io.rlhf4j.model;

import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Tensor;

/**
 * What is random in a forward of training: masks of the dropout before adapters, and noise on embeddings (NEFTune; Jain
 * et al. 2023). Each forward has a seed of its own, from a sequence that a checkpoint can resume.
 */
final class TrainingNoise {

  private final int layers;
  private int position;
  private double alpha;

  /** @param layers of the decoder; each has a mask of its own */
  TrainingNoise(int layers) {
    this.layers = layers;
  }

  /** Begins a sequence of masks. */
  void start(long seed) {
    position = (int) (seed * 1_000_003L & 0x07ffffff) + 1;
  }

  /** Noise of strength {@code alpha}, or 0 for none, from now on. */
  void ofStrength(double strength, long seed) {
    alpha = strength;
    if (strength > 0 && position == 0) {
      start(seed);
    }
  }

  /** Where the sequence stands. */
  int position() {
    return position;
  }

  /** Goes on from where {@link #position} was. */
  void position(int before) {
    position = before;
  }

  /** Of the next forward; 0 if it has neither masks nor noise, because there are none or nothing is recorded. */
  int nextSeed(double dropout) {
    if (dropout == 0 && alpha == 0 || !GradientScope.recording()) {
      return 0;
    }
    position = (position + layers) & 0x0fffffff;
    return position;
  }

  boolean hasNoise() {
    return alpha > 0;
  }

  /**
   * {@code alpha / sqrt(L H)} of each row's sequence, {@code [T]}; a shared prompt has that of its last sequence.
   *
   * @param hiddenSize {@code H}
   * @param scale factor on the embedding
   */
  Tensor widths(PackedBatch batch, int hiddenSize, double scale) {
    float[] widths = new float[batch.rows()];
    for (int s = 0; s < batch.sequences(); s++) {
      double width = alpha / Math.sqrt((double) batch.length(s) * hiddenSize) * scale;
      for (int t = 0; t < batch.length(s); t++) {
        widths[batch.row(s, t)] = (float) width;
      }
    }
    return Tensor.of(widths, widths.length);
  }
}
