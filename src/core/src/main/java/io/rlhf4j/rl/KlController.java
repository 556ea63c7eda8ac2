package io.rlhf4j.rl;

/** Weight of the KL penalty over the iterations. Immutable, so that an iteration can be replayed from its state. */
public sealed interface KlController {

  /** Weight for the coming iteration, at least 0. */
  double coefficient();

  /**
   * The controller for the next iteration.
   *
   * @param observedKl mean over sequences of the KL summed over a sequence, nats
   * @param sequences how many sequences the iteration had
   */
  KlController next(double observedKl, int sequences);

  /** The same weight for ever. */
  record Fixed(double coefficient) implements KlController {

    public Fixed {
      requireCoefficient(coefficient);
    }

    @Override
    public Fixed next(double observedKl, int sequences) {
      return this;
    }
  }

  /**
   * Proportional control towards a target:
   * {@code coefficient *= 1 + clip(kl / target - 1, +-0.2) * sequences / horizon} (Ziegler et al. 2019, section 2.2).
   *
   * @param target wanted sequence KL, nats
   * @param horizon sequences after which the weight may have grown by 20 %
   */
  record Adaptive(double coefficient, double target, int horizon) implements KlController {

    private static final double MAX_ERROR = 0.2;

    public Adaptive {
      requireCoefficient(coefficient);
      if (!(target > 0) || horizon < 1) {
        throw new IllegalArgumentException(
            "adaptive KL needs a positive target and horizon, not " + target + " and " + horizon);
      }
    }

    @Override
    public Adaptive next(double observedKl, int sequences) {
      double error = Math.clamp(observedKl / target - 1, -MAX_ERROR, MAX_ERROR);
      double factor = 1 + error * sequences / horizon;
      // A batch larger than five horizons would turn the sign of the penalty.
      return new Adaptive(coefficient * Math.max(factor, 0), target, horizon);
    }
  }

  private static void requireCoefficient(double coefficient) {
    if (!(coefficient >= 0) || Double.isInfinite(coefficient)) {
      throw new IllegalArgumentException("KL coefficient is " + coefficient + ", must be at least 0 and finite");
    }
  }
}
