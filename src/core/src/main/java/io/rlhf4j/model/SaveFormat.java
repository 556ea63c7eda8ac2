package io.rlhf4j.model;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.LoraOutput;
import io.rlhf4j.config.ModelConfig;
import io.rlhf4j.config.SaveDtype;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.ShardedWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * How a model is written.
 *
 * @param shardBytes most bytes of weights in one file; more files have an index
 * @param adapters what is written of a model that has adapters
 * @param floats numbers of the weights: F32, BF16 or F16
 */
public record SaveFormat(long shardBytes, LoraOutput adapters, StoredType floats) {

  /** Whole models in fp32, in files of 5 GB, and adapters beside them. */
  public static final SaveFormat DEFAULT = new SaveFormat(ShardedWriter.DEFAULT_SHARD_BYTES, LoraOutput.BOTH);

  /** Times this, a value overflows fp32 if it rounds to more than fp16 has: from 65520 on. */
  private static final double FP16_LIMIT_IN_FP32 = 3.4028e38 / 65_519;

  /** In fp32. */
  public SaveFormat(long shardBytes, LoraOutput adapters) {
    this(shardBytes, adapters, StoredType.F32);
  }

  /**
   * What the keys of {@code model} ask for.
   *
   * @param source directory that the model was read from, if it was
   */
  public static SaveFormat of(ModelConfig config, Path source) {
    return new SaveFormat(config.maxShardBytes(), config.lora() == null ? LoraOutput.BOTH : config.lora().save(),
        floats(config.saveDtype(), source));
  }

  /**
   * The numbers that a key means.
   *
   * @param source model, or adapters, whose numbers {@code auto} takes; fp32 if there are no weights
   */
  public static StoredType floats(SaveDtype dtype, Path source) {
    return switch (dtype) {
      case FLOAT32 -> StoredType.F32;
      case BFLOAT16 -> StoredType.BF16;
      case FLOAT16 -> StoredType.F16;
      case AUTO -> stored(AdapterFiles.whole(source));
    };
  }

  /** A key that means what {@link SaveDtype#AUTO} means for {@code source}. */
  public static SaveDtype dtype(SaveDtype dtype, Path source) {
    return switch (floats(dtype, source)) {
      case BF16 -> SaveDtype.BFLOAT16;
      case F16 -> SaveDtype.FLOAT16;
      case F32, F64, I64, I32, I16, I8, U8, BOOL -> SaveDtype.FLOAT32;
    };
  }

  /** That of the largest tensor: norms are often kept in wider numbers. */
  private static StoredType stored(Path source) {
    if (!ModelWeights.isIn(source)) {
      return StoredType.F32;
    }
    try (ModelWeights weights = ModelWeights.open(source)) {
      StoredType largest = weights.names().stream().max(Comparator.comparingLong(
          name -> Arrays.stream(weights.shape(name)).reduce(1, (a, b) -> a * b))).map(weights::storedType)
          .orElse(StoredType.F32);
      return largest == StoredType.BF16 || largest == StoredType.F16 ? largest : StoredType.F32;
    }
  }

  /** The same, but a whole model where adapters alone are asked for. */
  public SaveFormat whole() {
    return adapters == LoraOutput.ADAPTER ? new SaveFormat(shardBytes, LoraOutput.MERGED, floats) : this;
  }

  /** The same in fp32: for what goes on from it. */
  public SaveFormat exact() {
    return new SaveFormat(shardBytes, adapters);
  }

  /** @throws InputException if fp16 has no number for one of the weights */
  void requireRange(Map<String, Tensor> weights) {
    if (floats == StoredType.F16) {
      weights.forEach((name, weight) -> {
        try (MemoryScope ignored = MemoryScope.open()) {
          Tensor scaled = Kernels.tensor("scale", weight, FP16_LIMIT_IN_FP32);
          if (Kernels.tensor("all_finite", List.of(scaled)).item() == 0) {
            throw InputException.key("model.save_dtype", "is float16, must be bfloat16 or float32 for this model: "
                + name + " has values beyond 65504");
          }
        }
      });
    }
  }
}
