package io.rlhf4j.model;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The decoder without a head: embedding, layers and last norm. Owns its weights. */
public final class Backbone implements AutoCloseable {

  private final DecoderShape shape;
  private final KernelStyle style;
  private final Map<String, Tensor> weights;
  private final List<Tensor> embeddings = new ArrayList<>();
  private final List<Tensor> layers = new ArrayList<>();
  private final List<Tensor> norm;
  private final RotaryTables rotary;
  /** Stands for the weights that this decoder lacks. */
  private final Tensor absent;

  /** Takes ownership of the weights, named as {@link WeightLayout#backbone} lists them. */
  Backbone(DecoderShape shape, Map<String, Tensor> weights) {
    this.shape = shape;
    this.style = KernelStyle.of(shape);
    this.weights = new LinkedHashMap<>(weights);
    this.rotary = new RotaryTables(shape.positions(), shape.maxPositions());
    try (MemoryScope ignored = MemoryScope.open()) {
      absent = Tensor.zeros(0).owned();
    }
    embeddings.add(embedding());
    if (weights.containsKey(WeightLayout.POSITIONS)) {
      embeddings.add(weights.get(WeightLayout.POSITIONS));
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      for (String part : WeightLayout.LAYER) {
        layers.add(weights.getOrDefault(WeightLayout.layerWeight(layer, part), absent));
      }
    }
    norm = List.of(weights.get(WeightLayout.NORM), weights.getOrDefault(WeightLayout.NORM_BIAS, absent));
  }

  /**
   * Hidden states after the last norm, {@code [T, H]}. Where they carry a gradient, they are a leaf: backward goes
   * through the decoder once, with what all heads together have added to that leaf.
   *
   * @throws IllegalArgumentException if a sequence is longer than {@code max_position_embeddings}
   */
  public Tensor hidden(PackedBatch batch) {
    int longest = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      longest = Math.max(longest, batch.length(s));
    }
    if (longest > shape.maxPositions()) {
      throw new IllegalArgumentException("a sequence of " + longest + " tokens is longer than max_position_embeddings "
          + shape.maxPositions());
    }
    Tensor hidden = Kernels.tensor("decoder_hidden", batch.tokens(), batch.positions(), embeddings, layers, norm,
        rotary.upTo(longest), style.style(), style.numbers(), style.windows(), style.tables(), batch.blocks(),
        batch.blockLengths(), batch.order());
    if (!GradientScope.recording() || !hidden.carriesGradient()) {
      return hidden;
    }
    Tensor leaf = hidden.detached();
    GradientScope.cut(List.of(leaf), List.of(hidden), gradients -> hidden.backward(gradients.getFirst()));
    return leaf;
  }

  /** The decoder's description. */
  public DecoderShape config() {
    return shape;
  }

  /** The description as the kernels take it. */
  public KernelStyle style() {
    return style;
  }

  /** The token embedding, {@code [V, H]}. */
  public Tensor embedding() {
    return weights.get(WeightLayout.EMBEDDING);
  }

  /** Embedding of tokens, {@code [V, H]}, and, where positions are learned, of positions, {@code [P, H]}. */
  public List<Tensor> embeddings() {
    return Collections.unmodifiableList(embeddings);
  }

  /** Weights of all layers in the order of {@link WeightLayout#LAYER}; those that the decoder lacks are empty. */
  public List<Tensor> layers() {
    return Collections.unmodifiableList(layers);
  }

  /** Weight and bias of the last norm, {@code [H]}; an absent bias is empty. */
  public List<Tensor> norm() {
    return norm;
  }

  /** Rotary cosines and sines, {@code [2, at least this many, size]} for each table; valid until the next call. */
  public List<Tensor> rotary(int positions) {
    return rotary.upTo(positions);
  }

  /** All weights by their names in the common layout. */
  public Map<String, Tensor> weights() {
    return Collections.unmodifiableMap(weights);
  }

  @Override
  public void close() {
    weights.values().forEach(Tensor::close);
    rotary.close();
    absent.close();
  }
}
