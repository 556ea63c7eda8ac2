package io.rlhf4j.config;

/**
 * How much of a batch goes through the model at once. It decides about memory, not about what is learned.
 *
 * @param microBatchTokens tokens in one forward pass; a batch that holds more is split and its gradients are added up
 * @param autoFindBatchSize whether passes of growing size are made and measured first, up to micro_batch_tokens, to
 *     find one that fits into the memory that the system, or the container, has left
 */
public record MicroBatchConfig(@Default("16384") int microBatchTokens,
    @Default("false") boolean autoFindBatchSize) {

  public MicroBatchConfig {
    Check.atLeast("micro_batch_tokens", microBatchTokens, 1);
  }

  /** Splits as said, without measuring. */
  public static MicroBatchConfig of(int tokens) {
    return new MicroBatchConfig(tokens, false);
  }
}
