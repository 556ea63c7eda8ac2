package io.rlhf4j.model;

import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The decoder without a head: embedding, layers and last norm. Owns its weights. */
public final class LlamaBackbone implements AutoCloseable {

  private final LlamaConfig config;
  private final Map<String, Tensor> weights;
  private final List<Tensor> layers;
  private final Tensor rotary;

  /** Takes ownership of the weights, named as {@link LlamaShapes#backbone} lists them. */
  LlamaBackbone(LlamaConfig config, Map<String, Tensor> weights) {
    this.config = config;
    this.weights = new LinkedHashMap<>(weights);
    this.layers = new ArrayList<>();
    for (int layer = 0; layer < config.layers(); layer++) {
      for (String part : LlamaShapes.LAYER) {
        layers.add(weights.get(LlamaShapes.layerWeight(layer, part)));
      }
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      rotary = Kernels.tensor("rotary_tables", config.maxPositions(), config.headSize(), config.ropeTheta()).owned();
    }
  }

  /**
   * Hidden states after the last norm, {@code [T, H]}.
   *
   * @throws IllegalArgumentException if a sequence is longer than {@code max_position_embeddings}
   */
  public Tensor hidden(PackedBatch batch) {
    for (int s = 0; s < batch.sequences(); s++) {
      if (batch.length(s) > config.maxPositions()) {
        throw new IllegalArgumentException("a sequence of " + batch.length(s)
            + " tokens is longer than max_position_embeddings " + config.maxPositions());
      }
    }
    return Kernels.tensor("llama_hidden", batch.tokens(), batch.positions(), embedding(), layers,
        weights.get(LlamaShapes.NORM), rotary, config.heads(), config.kvHeads(), config.rmsNormEpsilon(),
        batch.blocks(), batch.blockLengths(), batch.order());
  }

  public LlamaConfig config() {
    return config;
  }

  /** The token embedding, {@code [V, H]}. */
  public Tensor embedding() {
    return weights.get(LlamaShapes.EMBEDDING);
  }

  /** Weights of all layers, nine for each, in the order of {@code kernels/llama.py}. */
  public List<Tensor> layers() {
    return Collections.unmodifiableList(layers);
  }

  /** Weight of the last norm, {@code [H]}. */
  public Tensor norm() {
    return weights.get(LlamaShapes.NORM);
  }

  /** Cosines and sines of the rotary positions, {@code [2, max_position_embeddings, d]}. */
  public Tensor rotary() {
    return rotary;
  }

  /** All weights by their Hugging Face names. */
  public Map<String, Tensor> weights() {
    return Collections.unmodifiableMap(weights);
  }

  @Override
  public void close() {
    weights.values().forEach(Tensor::close);
    rotary.close();
  }
}
