package io.rlhf4j.model.family;

/**
 * The feed-forward block.
 *
 * @param activation between the projections
 * @param gated whether the activation of one projection multiplies another (Shazeer 2020)
 * @param biases whether the projections have biases
 * @param parallel whether it reads what attention reads, instead of attention's result
 */
public record FeedForwardStyle(Activation activation, boolean gated, boolean biases, boolean parallel) {

  /** In the order of the kernel's numbers. */
  public enum Activation {
    SILU, GELU, GELU_TANH
  }

  static FeedForwardStyle gated(Activation activation, boolean biases) {
    return new FeedForwardStyle(activation, true, biases, false);
  }
}
