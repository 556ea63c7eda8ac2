package io.rlhf4j.config;

/**
 * Supervised fine-tuning: next-token loss on the responses.
 *
 * @param epochs passes over the examples; 0 skips the stage
 * @param batchSize examples in one optimiser step
 * @param microBatchTokens tokens in one forward pass; a batch that holds more is split and its gradients are added up
 * @param trainOnPrompt whether prompt tokens count in the loss as well
 * @param turns which turns of the assistant are learned from a conversation that has several: all of them, or the last
 * @param neftuneNoiseAlpha strength of the noise on the embeddings in training (NEFTune; usually 5 to 15); 0 adds none
 * @param saving keys of checkpoints
 * @param optimizer keys of the optimiser
 */
public record SftConfig(@Default("2") int epochs, @Default("128") int batchSize,
    @Default("16384") int microBatchTokens, @Default("false") boolean trainOnPrompt, @Default("all") Turns turns,
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
    Check.atLeast("batch_size", batchSize, 1);
    Check.atLeast("micro_batch_tokens", microBatchTokens, 1);
    Check.notNegative("neftune_noise_alpha", neftuneNoiseAlpha);
  }

  /** The same with the learning rate times a factor. */
  public SftConfig scaled(double factor) {
    return new SftConfig(epochs, batchSize, microBatchTokens, trainOnPrompt, turns, neftuneNoiseAlpha, saving,
        optimizer.scaled(factor));
  }

  /** The same without checkpoints, which do not change the result. */
  public SftConfig withoutSaving() {
    return new SftConfig(epochs, batchSize, microBatchTokens, trainOnPrompt, turns, neftuneNoiseAlpha,
        SaveConfig.never(), optimizer);
  }
}
