package io.rlhf4j.config;

/**
 * Direct preference optimisation. NLL term and masked formatting tokens are Llama 3's, the learning rate is
 * OpenRLHF's.
 *
 * @param loss sigmoid (DPO) or ipo
 * @param beta how strongly the policy is held to its reference: a larger one moves it less
 * @param labelSmoothing share of the pairs that is assumed to be labelled the wrong way round; sigmoid only
 * @param nllCoef weight of the next-token loss on the chosen answers (Llama 3: 0.2)
 * @param maskFormatTokens whether special tokens of the chat template (headers, end of turn) are left out of the
 *     comparison, in which both answers share them; the next-token loss keeps them
 * @param referenceEpochs passes after which the reference moves to the policy as it stands; 0 keeps it fixed
 * @param epochs passes over the pairs
 * @param maxSteps optimiser steps after which training ends, in place of epochs; 0 leaves it to epochs
 * @param batchSize pairs in one optimiser step
 * @param microBatch keys of micro-batches
 * @param optimizer keys of the optimiser
 * @param saving keys of checkpoints
 */
public record DpoConfig(@Default("sigmoid") DpoLossType loss, @Default("0.1") double beta,
    @Default("0.0") double labelSmoothing, @Default("0.2") double nllCoef, @Default("true") boolean maskFormatTokens,
    @Default("0") int referenceEpochs, @Default("1") int epochs, @Default("0") int maxSteps,
    @Default("128") int batchSize,
    @Inline @Default("{}") MicroBatchConfig microBatch,
    @Inline @Default("{learning_rate: 5.0e-7}") OptimizerConfig optimizer, @Inline @Default("{}") SaveConfig saving) {

  public DpoConfig {
    Check.positive("beta", beta);
    Check.below("label_smoothing", labelSmoothing, 0, 0.5);
    Check.that(labelSmoothing == 0 || loss == DpoLossType.SIGMOID, "label_smoothing", labelSmoothing,
        "0 with loss: ipo");
    Check.notNegative("nll_coef", nllCoef);
    Check.atLeast("reference_epochs", referenceEpochs, 0);
    Check.atLeast("epochs", epochs, 1);
    Check.atLeast("max_steps", maxSteps, 0);
    Check.atLeast("batch_size", batchSize, 1);
  }

  /** The same with the learning rate times a factor. */
  public DpoConfig scaled(double factor) {
    return new DpoConfig(loss, beta, labelSmoothing, nllCoef, maskFormatTokens, referenceEpochs, epochs, maxSteps,
        batchSize, microBatch, optimizer.scaled(factor), saving);
  }

  /** The same without checkpoints, unless they are averaged: others do not change the result. */
  public DpoConfig withoutSaving() {
    return new DpoConfig(loss, beta, labelSmoothing, nllCoef, maskFormatTokens, referenceEpochs, epochs, maxSteps,
        batchSize, microBatch, optimizer, saving.decisive());
  }

  /** {@code micro_batch_tokens}. */
  public int microBatchTokens() {
    return microBatch.microBatchTokens();
  }

  /** The same with so many tokens in one forward pass. */
  public DpoConfig withMicroBatchTokens(int tokens) {
    return new DpoConfig(loss, beta, labelSmoothing, nllCoef, maskFormatTokens, referenceEpochs, epochs, maxSteps,
        batchSize, MicroBatchConfig.of(tokens), optimizer, saving);
  }
}
