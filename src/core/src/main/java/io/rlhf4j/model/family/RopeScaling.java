package io.rlhf4j.model.family;

import java.util.List;

/** How rotary frequencies are stretched for sequences longer than those of pretraining. */
public sealed interface RopeScaling {

  /** The frequencies {@code theta^(-2i/size)}, unchanged. */
  record None() implements RopeScaling {}

  /** Positions divided by a factor (Chen et al. 2023). */
  record Linear(double factor) implements RopeScaling {}

  /**
   * NTK-aware scaling by the length of the sequence. It changes nothing up to {@code max_position_embeddings}, and
   * longer sequences are refused: cached keys would have been turned by other frequencies than a training forward's.
   */
  record Dynamic(double factor) implements RopeScaling {}

  /**
   * Llama 3.1: long wavelengths are divided by the factor, short ones kept, those between are blended.
   *
   * @param originalPositions length of pretraining, tokens
   */
  record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalPositions)
      implements RopeScaling {}

  /**
   * YaRN (Peng et al. 2023, section 3.2).
   *
   * @param attentionFactor factor on cosines and sines
   * @param betaFast rotations over the original length from which a frequency is kept
   * @param betaSlow rotations up to which it is divided by the factor
   * @param originalPositions length of pretraining, tokens
   * @param truncate whether the bounds of the blend are whole numbers
   */
  record Yarn(double factor, double attentionFactor, double betaFast, double betaSlow, int originalPositions,
      boolean truncate) implements RopeScaling {}

  /**
   * LongRoPE (Ding et al. 2024), as Phi-3 uses it: each frequency is divided by a factor of its own, by one in
   * sequences up to the original length and by another in longer ones, from their first token on.
   *
   * @param shortFactors {@code [size / 2]}
   * @param longFactors {@code [size / 2]}
   * @param attentionFactor factor on cosines and sines, for both
   * @param originalPositions the longest sequence that takes the short factors, tokens
   */
  record LongRope(List<Double> shortFactors, List<Double> longFactors, double attentionFactor, int originalPositions)
      implements RopeScaling {

    public LongRope {
      shortFactors = List.copyOf(shortFactors);
      longFactors = List.copyOf(longFactors);
    }

    @Override
    public int longestShort() {
      return originalPositions;
    }
  }

  /** Factor on cosines and sines. */
  default double attentionFactor() {
    return 1;
  }

  /** The longest sequence of the first kind, where sequences of different lengths have different frequencies. */
  default int longestShort() {
    return Integer.MAX_VALUE;
  }

  /**
   * Scales frequencies, in fp32 as the reference implementations do: at position 100,000 the rounding shows.
   *
   * @param frequencies {@code theta^(-2i/size)}, {@code [size / 2]}
   * @param beyond whether for sequences longer than {@link #longestShort()}
   */
  default float[] scaled(float[] frequencies, double theta, boolean beyond) {
    float[] result = frequencies.clone();
    for (int i = 0; i < result.length; i++) {
      result[i] = switch (this) {
        case None ignored -> result[i];
        case Dynamic ignored -> result[i];
        case Linear(double factor) -> (float) (result[i] / factor);
        case Llama3 llama -> blend(llama, result[i]);
        case Yarn yarn -> blend(yarn, result[i], i, 2 * result.length, theta);
        case LongRope rope -> {
          float power = (float) Math.pow(theta, (float) i / result.length);
          yield 1 / ((beyond ? rope.longFactors() : rope.shortFactors()).get(i).floatValue() * power);
        }
      };
    }
    return result;
  }

  private static float blend(Llama3 by, float frequency) {
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength < by.originalPositions() / by.highFrequencyFactor()) {
      return frequency;
    }
    if (wavelength > by.originalPositions() / by.lowFrequencyFactor()) {
      return (float) (frequency / by.factor());
    }
    double smooth = (by.originalPositions() / wavelength - by.lowFrequencyFactor())
        / (by.highFrequencyFactor() - by.lowFrequencyFactor());
    return (float) ((1 - smooth) * frequency / by.factor() + smooth * frequency);
  }

  private static float blend(Yarn by, float frequency, int i, int size, double theta) {
    double low = elementTurning(by.betaFast(), by.originalPositions(), size, theta);
    double high = elementTurning(by.betaSlow(), by.originalPositions(), size, theta);
    low = Math.max(by.truncate() ? Math.floor(low) : low, 0);
    high = Math.min(by.truncate() ? Math.ceil(high) : high, size - 1.0);
    double divided = Math.clamp((i - low) / (high == low ? 0.001 : high - low), 0, 1);
    return (float) (frequency / by.factor() * divided + frequency * (1 - divided));
  }

  /** Index of the pair that turns this many times over the length. */
  private static double elementTurning(double rotations, int positions, int size, double theta) {
    return size * Math.log(positions / (rotations * 2 * Math.PI)) / (2 * Math.log(theta));
  }
}
