package io.rlhf4j.model;

import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.tensor.ShardedWriter;

/**
 * How a model is written.
 *
 * @param shardBytes most bytes of weights in one file; more files have an index
 * @param adapters what is written of a model that has adapters
 */
public record SaveFormat(long shardBytes, LoraOutput adapters) {

  /** Whole models in files of 5 GB, and adapters beside them. */
  public static final SaveFormat DEFAULT = new SaveFormat(ShardedWriter.DEFAULT_SHARD_BYTES, LoraOutput.BOTH);

  /** What the keys of {@code model} ask for. */
  public static SaveFormat of(ModelConfig config) {
    return new SaveFormat(config.maxShardBytes(), config.lora() == null ? LoraOutput.BOTH : config.lora().save());
  }

  /** The same, but a whole model where adapters alone are asked for: for what reads it next. */
  public SaveFormat whole() {
    return adapters == LoraOutput.ADAPTER ? new SaveFormat(shardBytes, LoraOutput.MERGED) : this;
  }
}
