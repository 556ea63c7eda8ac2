package io.rlhf4j.config;

/**
 * Supervised fine-tuning: next-token loss on the responses.
 *
 * @param epochs passes over the examples; 0 skips the stage
 * @param maxSteps optimiser steps after which training ends, in place of epochs; 0 leaves it to epochs
 * @param batchSize examples in one optimiser step
 * @param microBatch keys of micro-batches
 * @param trainOnPrompt whether prompt tokens count in the loss as well
 * @param turns which turns of the assistant are learned from a conversation that has several: all of them, or the last
 * @param neftuneNoiseAlpha strength of the noise on the embeddings in training (NEFTune; usually 5 to 15); 0 adds none
 * @param saving keys of checkpoints
 * @param optimizer keys of the optimiser
 */
public record SftConfig(@Default("2") int epochs, @Default("0") int maxSteps,
    @Default("128") int batchSize, @Inline @Default("{}") MicroBatchConfig microBatch,
    @Default("false") boolean trainOnPrompt, @Default("all") Turns turns,
    @Default("0.0") double neftuneNoiseAlpha, @Inline @Default("{}") SaveConfig saving,
    @Inline @Default("{learning_rate: 5.0e-6}") OptimizerConfig optimizer) {

  /** Turns of the assistant that count in the loss. */
  public enum Turns {
    /** Every one. */
    ALL,
    /** The last one; those before it are part of the prompt. */
    LAST
  }

  public SftConfig {
    Check.atLeast("epochs", epochs, 0);
    Check.atLeast("max_steps", maxSteps, 0);
    Check.atLeast("batch_size", batchSize, 1);
    Check.notNegative("neftune_noise_alpha", neftuneNoiseAlpha);
  }

  /** The same with the learning rate times a factor. */
  public SftConfig scaled(double factor) {
    return new SftConfig(epochs, maxSteps, batchSize, microBatch, trainOnPrompt, turns, neftuneNoiseAlpha, saving,
        optimizer.scaled(factor));
  }

  /** The same without checkpoints, unless they are averaged: others do not change the result. */
  public SftConfig withoutSaving() {
    return new SftConfig(epochs, maxSteps, batchSize, microBatch, trainOnPrompt, turns, neftuneNoiseAlpha,
        saving.decisive(), optimizer);
  }

  /** {@code micro_batch_tokens}. */
  public int microBatchTokens() {
    return microBatch.microBatchTokens();
  }

  /** The same with so many tokens in one forward pass. */
  public SftConfig withMicroBatchTokens(int tokens) {
    return new SftConfig(epochs, maxSteps, batchSize, MicroBatchConfig.of(tokens), trainOnPrompt, turns,
        neftuneNoiseAlpha, saving, optimizer);
  }

  /** Optimiser steps that so many rows take. */
  public int totalSteps(int rows) {
    return maxSteps > 0 && epochs > 0 ? maxSteps : Math.multiplyExact(Math.ceilDiv(rows, batchSize), epochs);
  }
}
