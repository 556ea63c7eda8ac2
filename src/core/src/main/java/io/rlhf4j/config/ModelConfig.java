package io.rlhf4j.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The language model that everything starts from: a checkpoint, or a Llama architecture with random weights.
 *
 * @param path model directory in Hugging Face layout; null starts from scratch with the sizes below
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width inside the feed-forward blocks
 * @param numHiddenLayers transformer blocks
 * @param numAttentionHeads query heads; they share hidden_size evenly
 * @param numKeyValueHeads key and value heads; fewer than query heads is grouped-query attention
 * @param maxPositionEmbeddings longest sequence, prompt and response together, in tokens
 * @param ropeTheta base wavelength of the rotary position embedding
 * @param rmsNormEps added to the mean square in every RMSNorm
 * @param tieWordEmbeddings whether the output projection is the embedding matrix itself
 * @param initializerRange standard deviation of the random initial weights
 * @param lora low-rank adapters, which every stage then trains in place of the weights; left out, all weights learn
 * @param quantization none, or nf4: with lora the projections are held in 4 bits (QLoRA) and each layer is computed
 *     again in backward
 * @param precision fp32, or bf16: learners and reference multiply a layer's matrices in bf16; weights, moments,
 *     vocabulary head and rollouts stay fp32
 * @param gradientCheckpointing whether training keeps only what goes into each layer and computes the layer again in
 *     backward: much less memory, a third more work, the same gradients
 * @param freezeEmbeddings whether the embeddings of tokens (and positions) stay as they are; an output projection that
 *     is tied to them stays too
 * @param maxShardSize most weights in one file of a saved model, such as 500MB or 5GB; more files have an index
 * @param saveDtype numbers of a saved model's weights: float32, bfloat16, float16, or auto, which is that of the files
 *     at path (float32 without one). The default loses nothing of what was learned: an update is often smaller than
 *     bfloat16 can tell. Values are rounded to nearest, ties to even. Checkpoints, and models from which the run itself
 *     goes on, are float32 in any case
 */
public record ModelConfig(@Default("null") @Nullable Path path, @Default("128") int hiddenSize,
    @Default("352") int intermediateSize, @Default("4") int numHiddenLayers, @Default("4") int numAttentionHeads,
    @Default("2") int numKeyValueHeads, @Default("512") int maxPositionEmbeddings,
    @Default("10000.0") double ropeTheta, @Default("1.0e-5") double rmsNormEps,
    @Default("true") boolean tieWordEmbeddings, @Default("0.02") double initializerRange,
    @Default("null") @Nullable LoraConfig lora, @Default("none") Quantization quantization,
    @Default("fp32") Precision precision,
    @Default("false") boolean gradientCheckpointing, @Default("false") boolean freezeEmbeddings,
    @Default("5GB") String maxShardSize, @Default("float32") SaveDtype saveDtype) {

  public ModelConfig {
    Check.atLeast("hidden_size", hiddenSize, 1);
    Check.atLeast("intermediate_size", intermediateSize, 1);
    Check.atLeast("num_hidden_layers", numHiddenLayers, 1);
    Check.atLeast("num_attention_heads", numAttentionHeads, 1);
    Check.atLeast("num_key_value_heads", numKeyValueHeads, 1);
    Check.atLeast("max_position_embeddings", maxPositionEmbeddings, 2);
    Check.positive("rope_theta", ropeTheta);
    Check.positive("rms_norm_eps", rmsNormEps);
    Check.positive("initializer_range", initializerRange);
    Check.that(quantization == Quantization.NONE || lora != null, "quantization", "nf4",
        "none without model.lora: weights in 4 bits cannot learn");
    ByteSize.parse("max_shard_size", maxShardSize);
    Check.that(hiddenSize % (2 * numAttentionHeads) == 0, "hidden_size", hiddenSize,
        "a multiple of 2 * num_attention_heads = " + 2 * numAttentionHeads);
    Check.that(numAttentionHeads % numKeyValueHeads == 0, "num_key_value_heads", numKeyValueHeads,
        "a divisor of num_attention_heads = " + numAttentionHeads);
  }

  /** {@link #maxShardSize} in bytes. */
  public long maxShardBytes() {
    return ByteSize.parse("max_shard_size", maxShardSize);
  }

  /** The same with another {@link #saveDtype}. */
  public ModelConfig withSaveDtype(SaveDtype other) {
    return new ModelConfig(path, hiddenSize, intermediateSize, numHiddenLayers, numAttentionHeads, numKeyValueHeads,
        maxPositionEmbeddings, ropeTheta, rmsNormEps, tieWordEmbeddings, initializerRange, lora, quantization,
        precision, gradientCheckpointing, freezeEmbeddings, maxShardSize, other);
  }

  /** Those keys that decide what training makes of a given model. */
  public String learning() {
    return (lora == null ? "all weights" : lora) + ", " + quantization + ", " + precision
        + (freezeEmbeddings ? ", embeddings frozen" : "")
        + (saveDtype == SaveDtype.FLOAT32 ? "" : ", saved as " + YamlNamed.of(saveDtype));
  }
}
