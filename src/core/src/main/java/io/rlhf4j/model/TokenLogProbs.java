package io.rlhf4j.model;

import io.rlhf4j.tensor.Tensor;

/**
 * What the causal head says about chosen tokens.
 *
 * @param logProbs log-probability of each target token, {@code [N]}, nats; carries gradients
 * @param entropies entropy of each distribution, {@code [N]}, nats; carries gradients
 */
public record TokenLogProbs(Tensor logProbs, Tensor entropies) {}
