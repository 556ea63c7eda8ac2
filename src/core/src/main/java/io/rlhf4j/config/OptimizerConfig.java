package io.rlhf4j.config;

import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.LearningRateSchedule.Shape;

/**
 * The optimiser and its learning rate schedule. The defaults are those of OpenRLHF; recipes for small models trained
 * from scratch want learning rates that are a hundred to a thousand times larger.
 *
 * @param optim optimiser: adamw_torch, adamw_8bit, adafactor, lion_32bit, lion_8bit, rmsprop, adagrad or sgd
 * @param learningRate peak learning rate, reached at the end of the warm-up
 * @param schedule how the learning rate moves after the warm-up: linear, cosine, cosine_with_min_lr, constant,
 *     polynomial or inverse_sqrt
 * @param warmupRatio share of all steps over which the learning rate rises from 0 to its peak
 * @param lrWarmupSteps steps of that warm-up, in place of warmup_ratio; 0 leaves it to the ratio
 * @param minLrRatio where cosine_with_min_lr and polynomial end, as a share of the peak
 * @param polynomialPower exponent of polynomial; 1 is a straight line
 * @param weightDecay weight decay, applied to matrices only: decoupled, but part of the gradient for rmsprop, adagrad
 *     and sgd
 * @param beta1 decay of the mean of the gradients (adamw, lion)
 * @param beta2 decay of the mean of the squared gradients (adamw; for rmsprop the alpha of torch, 0.99 there); for lion
 *     that of the mean it remembers
 * @param epsilon added to the denominator of the update (adamw, rmsprop, adagrad); with tiny gradients it limits the
 *     step
 * @param momentum of sgd and rmsprop
 * @param maxGradNorm gradients are scaled down to this global norm; 0 leaves them alone
 */
public record OptimizerConfig(@Default("adamw_torch") OptimizerType optim, @Default("1.0e-5") double learningRate,
    @Default("cosine_with_min_lr") Shape schedule, @Default("0.03") double warmupRatio,
    @Default("0") int lrWarmupSteps, @Default("0.1") double minLrRatio, @Default("1.0") double polynomialPower,
    @Default("0.0") double weightDecay, @Default("0.9") double beta1,
    @Default("0.95") double beta2, @Default("1.0e-8") double epsilon, @Default("0.0") double momentum,
    @Default("1.0") double maxGradNorm) {

  public OptimizerConfig {
    Check.positive("learning_rate", learningRate);
    Check.below("warmup_ratio", warmupRatio, 0, 1);
    Check.atLeast("lr_warmup_steps", lrWarmupSteps, 0);
    Check.between("min_lr_ratio", minLrRatio, 0, 1);
    Check.positive("polynomial_power", polynomialPower);
    Check.notNegative("weight_decay", weightDecay);
    Check.below("beta1", beta1, 0, 1);
    Check.below("beta2", beta2, 0, 1);
    Check.positive("epsilon", epsilon);
    Check.below("momentum", momentum, 0, 1);
    Check.that(momentum == 0 || optim == OptimizerType.SGD || optim == OptimizerType.RMSPROP, "momentum", momentum,
        "0 with optim: " + optim.yamlName() + ", which has none; sgd and rmsprop have");
    Check.notNegative("max_grad_norm", maxGradNorm);
  }

  /** The same with the peak learning rate times a factor. */
  public OptimizerConfig scaled(double factor) {
    return new OptimizerConfig(optim, factor * learningRate, schedule, warmupRatio, lrWarmupSteps, minLrRatio,
        polynomialPower, weightDecay, beta1, beta2, epsilon, momentum, maxGradNorm);
  }

  /**
   * The learning rates of a run of so many optimiser steps.
   *
   * @throws InputException if {@code lr_warmup_steps} is more than that
   */
  public LearningRateSchedule learningRates(int totalSteps) {
    Check.that(lrWarmupSteps <= totalSteps, "lr_warmup_steps", lrWarmupSteps,
        "at most the steps of the run, " + totalSteps);
    int warmup = lrWarmupSteps > 0 ? lrWarmupSteps : (int) Math.ceil(warmupRatio * totalSteps);
    return new LearningRateSchedule(schedule, learningRate, warmup, totalSteps, minLrRatio, polynomialPower);
  }
}
