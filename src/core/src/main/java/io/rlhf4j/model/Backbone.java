package io.rlhf4j.model;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The decoder without a head: embedding, layers and last norm. Owns its weights. */
public final class Backbone implements AutoCloseable {

  /** Tensors of a layer, adapters included, as {@code kernels/decoder.py} lists them. */
  private static final int SLOTS = WeightLayout.LAYER.size() + 14;

  private final DecoderShape shape;
  private final KernelStyle style;
  private final Map<String, Tensor> weights;
  private final List<Tensor> embeddings = new ArrayList<>();
  private final List<Tensor> layers = new ArrayList<>();
  /** For each layer its weights and then its adapters. */
  private final List<Tensor> kernelWeights = new ArrayList<>();
  private final List<Tensor> norm;
  private final RotaryTables rotary;
  /** Stands for the weights that this decoder lacks. */
  private final Tensor absent;
  private boolean recomputeLayers;

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
      kernelWeights.addAll(layers.subList(layers.size() - WeightLayout.LAYER.size(), layers.size()));
      kernelWeights.addAll(Collections.nCopies(SLOTS - WeightLayout.LAYER.size(), absent));
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
    int longest = requireFits(batch);
    Tensor x = Kernels.tensor("decoder_input", batch.tokens(), batch.positions(), embeddings, style.numbers());
    List<Tensor> turns = Kernels.tensors("decoder_turns", rotary.upTo(longest), batch.positions());
    x = recomputeLayers && GradientScope.recording() ? forgetfulLayers(x, turns, batch)
        : layers(x, turns, batch, 0, shape.layers());
    Tensor hidden = Kernels.tensor("decoder_output", x, norm, style.style(), style.numbers());
    if (!GradientScope.recording() || !hidden.carriesGradient()) {
      return hidden;
    }
    Tensor leaf = hidden.detached();
    GradientScope.cut(List.of(leaf), List.of(hidden), gradients -> hidden.backward(gradients.getFirst()));
    return leaf;
  }

  /** Length of the longest sequence, which must fit the model. */
  int requireFits(PackedBatch batch) {
    int longest = 0;
    for (int s = 0; s < batch.sequences(); s++) {
      longest = Math.max(longest, batch.length(s));
    }
    if (longest > shape.maxPositions()) {
      throw new IllegalArgumentException("a sequence of " + longest + " tokens is longer than max_position_embeddings "
          + shape.maxPositions());
    }
    return longest;
  }

  private Tensor layers(Tensor x, List<Tensor> turns, PackedBatch batch, int from, int to) {
    return Kernels.tensor("decoder_layers", x, turns, kernelWeights.subList(from * SLOTS, to * SLOTS), style.style(),
        style.numbers(), Arrays.copyOfRange(style.windows(), from, to), Arrays.copyOfRange(style.tables(), from, to),
        batch.blocks(), batch.blockLengths(), batch.order(), 0);
  }

  /** Keeps only what goes into each layer (Chen et al. 2016); backward computes each layer once more. */
  private Tensor forgetfulLayers(Tensor x, List<Tensor> turns, PackedBatch batch) {
    Tensor input = x;
    for (int layer = 0; layer < shape.layers(); layer++) {
      boolean learns = input.carriesGradient()
          || kernelWeights.subList(layer * SLOTS, (layer + 1) * SLOTS).stream().anyMatch(Tensor::isLeaf);
      input = learns ? forgetfulLayer(input, turns, batch, layer) : layers(input, turns, batch, layer, layer + 1);
    }
    return input;
  }

  private Tensor forgetfulLayer(Tensor input, List<Tensor> turns, PackedBatch batch, int layer) {
    Tensor output;
    try (GradientScope paused = GradientScope.paused()) {
      output = layers(input, turns, batch, layer, layer + 1);
    }
    GradientScope.cut(List.of(output), List.of(output), gradients -> {
      try (GradientScope again = GradientScope.open()) {
        layers(input, turns, batch, layer, layer + 1).backward(gradients.getFirst());
      }
    });
    return output;
  }

  /** Whether training keeps only the input of each layer and computes the layer again in backward. */
  public void recomputeLayers(boolean recompute) {
    recomputeLayers = recompute;
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
