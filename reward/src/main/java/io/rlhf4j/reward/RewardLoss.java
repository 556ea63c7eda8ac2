package io.rlhf4j.reward;

import io.rlhf4j.config.LossType;
import io.rlhf4j.config.PenaltyType;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * The loss of preference pairs, with scores {@code c} of chosen and {@code r} of rejected answers, all {@code [N]}:
 * {@code sum over pairs (comparison(c - r - margin) + weight * (penalty(c) + penalty(r)) + centering * (c + r)^2) /
 * pairs}.
 *
 * <p>The divisor is given by the caller: the pairs of the whole batch, so that the gradient does not depend on how the
 * batch was split. With all scores 0 a pair costs {@code ln 2 - 0.01 * 4 ln 5 = 0.628770} under either comparison with
 * the log barrier at its usual weight. The barrier has no gradient beyond -4.999 and 4.999: it holds scores back, but
 * does not fetch them.
 *
 * @param comparison how the two scores of a pair are compared
 * @param penalty what keeps scores near zero; computed in fp32
 * @param penaltyWeight factor of the penalty
 * @param labelSmoothing probability with which a label is taken to be wrong, in [0, 0.5)
 * @param centering factor of the squared sum of both scores (Eisenstein et al. 2023, equation 2)
 */
public record RewardLoss(LossType comparison, PenaltyType penalty, double penaltyWeight, double labelSmoothing,
    double centering) {

  /** Exponent of the focal factor (InternLM2 report 2024, section 4.2.1). */
  private static final double FOCAL_GAMMA = 2;
  /** Scored pairs that become tensors at once. */
  private static final int MEASURED_AT_ONCE = 1 << 16;

  public static RewardLoss of(RewardConfig config) {
    return new RewardLoss(config.loss(), config.penalty(), config.penaltyWeight(), config.labelSmoothing(),
        config.centerRewardsCoefficient());
  }

  /**
   * The loss of one micro-batch.
   *
   * @param margins how much better each chosen answer ought to be, {@code [N]}, or empty for no margins
   * @param pairs divisor: pairs of the whole batch
   */
  public Result compute(Tensor chosen, Tensor rejected, float[] margins, int pairs) {
    double focalGamma = switch (comparison) {
      case RANKING, LOGEXP -> 0;
      case FOCAL -> FOCAL_GAMMA;
    };
    double barrierWeight = penalty == PenaltyType.LOG_BARRIER ? penaltyWeight : 0;
    double squareWeight = penalty == PenaltyType.L2 ? penaltyWeight : 0;
    List<Tensor> results = Kernels.tensors("preference_loss", chosen, rejected, Tensor.of(margins, margins.length),
        focalGamma, labelSmoothing, barrierWeight, squareWeight, centering, (double) pairs);
    return new Result(results.get(0), results.get(1));
  }

  /** Mean loss of pairs that have been scored. */
  double mean(List<PairScores> scores, Margins margins) {
    double sum = 0;
    for (int from = 0; from < scores.size(); from += MEASURED_AT_ONCE) {
      int count = Math.min(MEASURED_AT_ONCE, scores.size() - from);
      sum += part(scores.subList(from, from + count), margins.of(from, count), scores.size());
    }
    return sum;
  }

  private double part(List<PairScores> scores, float[] margins, int pairs) {
    float[] chosen = new float[scores.size()];
    float[] rejected = new float[scores.size()];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = (float) scores.get(i).chosen();
      rejected[i] = (float) scores.get(i).rejected();
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      return compute(Tensor.of(chosen, chosen.length), Tensor.of(rejected, rejected.length), margins, pairs)
          .loss().item();
    }
  }

  /** Margins of pairs. */
  @FunctionalInterface
  interface Margins {

    /** Those from one number on; an empty array for no margins. */
    float[] of(int from, int count);
  }

  /**
   * @param loss scalar that carries the gradient
   * @param sums {@code [4]} without gradient: comparison terms, weighted penalties with centering, pairs with chosen
   *     above rejected, ties
   */
  public record Result(Tensor loss, Tensor sums) {}
}
