package io.rlhf4j.reward;

import io.rlhf4j.config.LossType;
import io.rlhf4j.config.PenaltyType;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.util.List;

/**
 * The loss of preference pairs, with scores {@code c} of chosen and {@code r} of rejected answers, all {@code [N]}:
 * {@code sum over pairs (comparison(c - r - margin) + weight * (penalty(c) + penalty(r))) / pairs}.
 *
 * <p>The divisor is given by the caller: the pairs of the whole batch, so that the gradient does not depend on how the
 * batch was split. With all scores 0 a pair costs {@code ln 2 - 0.01 * 4 ln 5 = 0.628770} under either comparison with
 * the log barrier at its usual weight. The barrier has no gradient beyond -4.999 and 4.999: it holds scores back, but
 * does not fetch them.
 *
 * @param comparison how the two scores of a pair are compared
 * @param penalty what keeps scores near zero; computed in fp32
 * @param penaltyWeight factor of the penalty
 */
public record RewardLoss(LossType comparison, PenaltyType penalty, double penaltyWeight) {

  /** Exponent of the focal factor (InternLM2 report 2024, section 4.2.1). */
  private static final double FOCAL_GAMMA = 2;

  public static RewardLoss of(RewardConfig config) {
    return new RewardLoss(config.loss(), config.penalty(), config.penaltyWeight());
  }

  /**
   * @param margins how much better each chosen answer ought to be, {@code [N]}, or empty for no margins
   * @param pairs divisor: pairs of the whole batch
   */
  public Result compute(Tensor chosen, Tensor rejected, float[] margins, int pairs) {
    double focalGamma = switch (comparison) {
      case RANKING -> 0;
      case FOCAL -> FOCAL_GAMMA;
    };
    double barrierWeight = penalty == PenaltyType.LOG_BARRIER ? penaltyWeight : 0;
    double squareWeight = penalty == PenaltyType.L2 ? penaltyWeight : 0;
    List<Tensor> results = Kernels.tensors("preference_loss", chosen, rejected, Tensor.of(margins, margins.length),
        focalGamma, barrierWeight, squareWeight, (double) pairs);
    return new Result(results.get(0), results.get(1));
  }

  /**
   * @param loss scalar that carries the gradient
   * @param sums {@code [4]} without gradient: comparison terms, weighted penalties, pairs with chosen above rejected,
   *     ties
   */
  public record Result(Tensor loss, Tensor sums) {}
}
