package io.rlhf4j.train;

/**
 * Learning rate as a function of the update's index, the shapes and the numbers of the {@code transformers} library.
 *
 * @param shape what happens after the warm-up
 * @param peak highest rate, positive
 * @param warmupSteps updates over which the rate grows linearly from 0
 * @param totalSteps updates of the whole run
 * @param minRatio lowest rate as a part of the peak, used by {@link Shape#COSINE_WITH_MIN_LR} and
 *     {@link Shape#POLYNOMIAL}
 * @param power exponent of {@link Shape#POLYNOMIAL}
 */
public record LearningRateSchedule(Shape shape, double peak, int warmupSteps, int totalSteps, double minRatio,
    double power) {

  /** Steps by which {@link Shape#INVERSE_SQRT} counts when there is no warm-up. */
  private static final int INVERSE_SQRT_SCALE = 10_000;

  /** Course of the rate after the warm-up. */
  public enum Shape {
    /** Stays at the peak. */
    CONSTANT,
    /** Falls to 0 in a straight line. */
    LINEAR,
    /** Falls to 0 in half a cosine wave (Loshchilov and Hutter 2017, equation 5). */
    COSINE,
    /** Falls to {@code minRatio * peak} in half a cosine wave. */
    COSINE_WITH_MIN_LR,
    /** Falls to {@code minRatio * peak} as {@code (1 - progress)^power}. */
    POLYNOMIAL,
    /** Falls as {@code 1 / sqrt(step)} (Zhai et al. 2022), without an end. */
    INVERSE_SQRT
  }

  public LearningRateSchedule {
    if (!(peak > 0) || Double.isInfinite(peak)) {
      throw new IllegalArgumentException("learning_rate is " + peak + ", must be positive and finite");
    }
    if (totalSteps < 1 || warmupSteps < 0 || warmupSteps > totalSteps) {
      throw new IllegalArgumentException(
          "warm-up of " + warmupSteps + " updates does not fit a run of " + totalSteps + " updates");
    }
    if (!(minRatio >= 0 && minRatio <= 1)) {
      throw new IllegalArgumentException("min_lr_ratio is " + minRatio + ", must be in [0, 1]");
    }
    if (!(power > 0)) {
      throw new IllegalArgumentException("polynomial_power is " + power + ", must be positive");
    }
  }

  /** A schedule whose polynomial, if it is one, is a straight line. */
  public LearningRateSchedule(Shape shape, double peak, int warmupSteps, int totalSteps, double minRatio) {
    this(shape, peak, warmupSteps, totalSteps, minRatio, 1);
  }

  /** The rate of update {@code step}, counted from 0; past the end it stays at its last value. */
  public double at(int step) {
    if (step < warmupSteps) {
      return peak * step / warmupSteps;
    }
    double progress = Math.min(1, (double) (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps));
    double cosine = 0.5 * (1 + Math.cos(Math.PI * progress));
    return peak * switch (shape) {
      case CONSTANT -> 1;
      case LINEAR -> 1 - progress;
      case COSINE -> cosine;
      case COSINE_WITH_MIN_LR -> minRatio + (1 - minRatio) * cosine;
      case POLYNOMIAL -> minRatio + (1 - minRatio) * Math.pow(1 - progress, power);
      case INVERSE_SQRT -> inverseRoot(step);
    };
  }

  /** 1 at the end of the warm-up, whose length is also the unit of time. */
  private double inverseRoot(int step) {
    double scale = warmupSteps > 0 ? warmupSteps : INVERSE_SQRT_SCALE;
    return 1 / Math.sqrt((step + scale - warmupSteps) / scale);
  }
}
