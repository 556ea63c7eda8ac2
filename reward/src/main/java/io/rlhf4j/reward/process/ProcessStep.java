package io.rlhf4j.reward.process;

import io.rlhf4j.reward.TrainingLoop;

/**
 * One optimiser step of process reward training.
 *
 * @param at where training is
 * @param answers in the batch
 * @param steps their steps
 * @param tokens in the batch
 * @param loss mean over the steps
 * @param accuracy share of steps that the weights before the step judged as labelled; NaN if no label takes a side
 * @param gradientNorm global norm before clipping
 * @param applied false if a gradient was not finite and the step was skipped
 */
public record ProcessStep(TrainingLoop.At at, int answers, int steps, long tokens, double loss, double accuracy,
    double gradientNorm, boolean applied) {}
