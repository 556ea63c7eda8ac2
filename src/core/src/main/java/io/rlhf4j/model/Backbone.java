package io.rlhf4j.model;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The decoder without a head: embedding, layers and last norm. Owns its weights. */
public final class Backbone implements AutoCloseable {

  /** Tensors of a layer, adapters included, as {@code kernels/decoder.py} lists them. */
  private static final int SLOTS = WeightLayout.LAYER.size() + 5 * Adapters.PARTS.size() + 2;

  /** Where a layer's adapters and its matrices in 4 bits begin. */
  private static final int ADAPTER_SLOT = WeightLayout.LAYER.size();
  private static final int NF4_SLOT = ADAPTER_SLOT + 2 * Adapters.PARTS.size();

  /** Where the kernels' numbers have the factor on embeddings. */
  private static final int EMBEDDING_SCALE = 4;
  /** Where they have the factor of adapters and the dropout before them. */
  private static final int FACTOR = 5;
  private static final int DROPOUT = 6;
  /** Where they say whether layers multiply in bf16. */
  private static final int BF16 = 7;

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
  private final double[] numbers;
  private boolean recomputeLayers;
  private @Nullable Adapters adapters;
  private @Nullable Nf4Weights nf4;
  private final TrainingNoise noise;
  private boolean embeddingsFrozen;
  private boolean likeWithAdapters;
  private SaveFormat saveFormat = SaveFormat.DEFAULT;
  private @Nullable Path adapterDirectory;

  /** Takes ownership of the weights, named as {@link WeightLayout#backbone} lists them. */
  Backbone(DecoderShape shape, Map<String, Tensor> weights) {
    this.shape = shape;
    this.style = KernelStyle.of(shape);
    this.numbers = style.numbers().clone();
    this.noise = new TrainingNoise(shape.layers());
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
    Tensor places = batch.places(shape.positions());
    Tensor x = Kernels.tensor("decoder_input", batch.tokens(), places, embeddings, style.numbers());
    List<Tensor> turns = Kernels.tensors("decoder_turns", rotary.upTo(longest), places);
    int seed = noise.nextSeed(numbers[DROPOUT]);
    if (seed > 0 && noise.hasNoise()) {
      x = Kernels.tensor("noisy", x, noise.widths(batch, shape.hiddenSize(), style.numbers()[EMBEDDING_SCALE]), -seed);
    }
    x = throughLayers(x, turns, batch, longest, seed);
    Tensor hidden = Kernels.tensor("decoder_output", x, norm, style.style(), style.numbers());
    if (!GradientScope.recording() || !hidden.carriesGradient()) {
      return hidden;
    }
    Tensor leaf = hidden.detached();
    GradientScope.cut(List.of(leaf), List.of(hidden), gradients -> hidden.backward(gradients.getFirst()));
    return leaf;
  }

  /**
   * Hidden states after the last norm at some rows, {@code [N] -> [N, H]}, never with a gradient. Costs less than
   * {@link #hidden}, because the last layer computes only what these rows need.
   *
   * @throws IllegalArgumentException if a sequence is longer than {@code max_position_embeddings}
   */
  Tensor hiddenAt(PackedBatch batch, Tensor rows) {
    int longest = requireFits(batch);
    Tensor places = batch.places(shape.positions());
    return Kernels.inferred("decoder_rows", batch.tokens(), places, embeddings, rotary.upTo(longest),
        kernelWeights, norm, style.style(), numbers, style.windows(), style.tables(), batch.blocks(),
        batch.blockLengths(), batch.order(), rows);
  }

  private Tensor throughLayers(Tensor x, List<Tensor> turns, PackedBatch batch, int longest, int seed) {
    LlamaLayers llama = new LlamaLayers(batch, turns, kernelWeights, SLOTS, style, recomputeLayers);
    if (adapters == null && !likeWithAdapters && nf4 == null && numbers[BF16] == 0 && llama.suit(x, longest)) {
      return llama.through(x);
    }
    return recomputeLayers && GradientScope.recording()
        ? new ForgetfulLayers((input, layer) -> layers(input, turns, batch, layer, layer + 1, seed), this::learns)
            .through(x, shape.layers())
        : layers(x, turns, batch, 0, shape.layers(), seed);
  }

  /** Length of the longest sequence, which must fit the model. */
  int requireFits(PackedBatch batch) {
    int longest = batch.longest();
    if (longest > shape.maxPositions()) {
      throw new IllegalArgumentException("a sequence of " + longest + " tokens is longer than max_position_embeddings "
          + shape.maxPositions());
    }
    return longest;
  }

  private Tensor layers(Tensor x, List<Tensor> turns, PackedBatch batch, int from, int to, int seed) {
    return Kernels.tensor("decoder_layers", x, turns, kernelWeights.subList(from * SLOTS, to * SLOTS), style.style(),
        numbers, Arrays.copyOfRange(style.windows(), from, to), Arrays.copyOfRange(style.tables(), from, to),
        batch.blocks(), batch.blockLengths(), batch.order(), seed == 0 ? 0 : seed + from);
  }

  private boolean learns(int layer) {
    return kernelWeights.subList(layer * SLOTS, (layer + 1) * SLOTS).stream().anyMatch(Tensor::isLeaf);
  }

  /** Whether training keeps only the input of each layer and computes the layer again in backward. */
  public void recomputeLayers(boolean recompute) {
    recomputeLayers = recompute;
  }

  /** Where the sequence of dropout masks and noise stands, for a checkpoint; {@link #continueDropout} takes it back. */
  public int dropoutPosition() {
    return noise.position();
  }

  /** Goes on with the masks that would have come next when {@link #dropoutPosition} gave this number. */
  public void continueDropout(int position) {
    noise.position(position);
  }

  /** From now on nothing is dropped: where losses compare log-probs of several forwards, a mask would be noise. */
  public void withoutDropout() {
    numbers[DROPOUT] = 0;
  }

  /** Adds noise of strength {@code alpha}, or 0 for none, to embeddings in training (NEFTune; Jain et al. 2023). */
  public void addNoise(double alpha, long seed) {
    noise.ofStrength(alpha, seed);
  }

  /** Whether the token and position embeddings stay as they are while the rest learns. */
  public void freezeEmbeddings(boolean freeze) {
    embeddingsFrozen = freeze;
  }

  /** See {@link #freezeEmbeddings}. */
  boolean embeddingsFrozen() {
    return embeddingsFrozen;
  }

  /** Adds the adapters to the weights for good, so that the model is a whole one again. */
  void mergeAdapters() {
    if (adapters == null) {
      return;
    }
    if (nf4 != null) {
      throw new IllegalStateException("adapters cannot be added to weights in 4 bits");
    }
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      mergedWeights().forEach((name, merged) -> {
        if (merged != weights.get(name)) {
          Kernels.run("copy_", weights.get(name), merged);
        }
      });
    }
    removeAdapters();
  }

  /** Takes the adapters away; what is left are the weights as they were before. */
  void removeAdapters() {
    for (int layer = 0; layer < shape.layers(); layer++) {
      Collections.fill(kernelWeights.subList(layer * SLOTS + ADAPTER_SLOT, layer * SLOTS + NF4_SLOT), absent);
    }
    adapters().ifPresent(Adapters::close);
    adapters = null;
  }

  /** Puts adapters beside the projections, where there are none; owns them from now on. */
  void setAdapters(Adapters fresh, long seed) {
    if (adapters != null) {
      throw new IllegalStateException("the model has adapters already");
    }
    adapters = fresh;
    adapterDirectory = fresh.directory();
    noise.start(seed);
    numbers[FACTOR] = fresh.config().factor();
    numbers[DROPOUT] = fresh.config().loraDropout();
    weights.values().forEach(weight -> weight.requireGradient(false));
    for (int layer = 0; layer < shape.layers(); layer++) {
      fill(layer, ADAPTER_SLOT, fresh.ofLayer(layer, absent));
    }
  }

  /**
   * Holds the projections in 4 bits from now on. They cannot learn any more; adapters beside them can.
   *
   * @throws IllegalStateException if there are adapters already
   */
  public void quantise() {
    if (adapters != null || nf4 != null) {
      throw new IllegalStateException("weights are quantised once, before adapters are put beside them");
    }
    nf4 = Nf4Weights.of(weights);
    for (int i = 0; i < layers.size(); i++) {
      String name = layerName(i);
      if (nf4.names().contains(name)) {
        layers.set(i, absent);
        fill(i / WeightLayout.LAYER.size(), i % WeightLayout.LAYER.size(), List.of(absent));
        weights.remove(name).close();
      }
    }
    for (int layer = 0; layer < shape.layers(); layer++) {
      fill(layer, NF4_SLOT, nf4.ofLayer(layer, absent));
    }
  }

  /**
   * The matrices in 4 bits as fp32 tensors of the current scope, for a checkpoint: quantising them once more would
   * round their scales again. Empty if there are none.
   */
  public Map<String, Tensor> quantised() {
    return nf4 == null ? Map.of() : nf4.state();
  }

  /**
   * Takes back what {@link #quantised} gave.
   *
   * @throws io.rlhf4j.config.InputException if a tensor is missing or has another shape
   */
  public void restoreQuantised(ModelWeights checkpoint) {
    if (nf4 != null) {
      nf4.restore(checkpoint);
    }
  }

  /** Whether the layers' matrix products are computed in bf16; their results, and all the rest, stay fp32. */
  public void computeInBf16(boolean bf16) {
    numbers[BF16] = bf16 ? 1 : 0;
  }

  /**
   * Whether layers are computed by the operations that adapters need, although there may be none: a reference then says
   * exactly what a policy says whose adapters still change nothing, not up to rounding.
   */
  public void computeLikeWithAdapters(boolean like) {
    likeWithAdapters = like;
  }

  /** How the model is saved where nothing else is said. */
  public SaveFormat saveFormat() {
    return saveFormat;
  }

  /** See {@link #saveFormat()}. */
  public void saveFormat(SaveFormat format) {
    saveFormat = format;
  }

  /** Where the model was read, if that is a directory of adapters. */
  Optional<Path> adapterDirectory() {
    return Optional.ofNullable(adapterDirectory);
  }

  private void fill(int layer, int slot, List<Tensor> tensors) {
    for (int i = 0; i < tensors.size(); i++) {
      kernelWeights.set(layer * SLOTS + slot + i, tensors.get(i));
    }
  }

  private static String layerName(int i) {
    int parts = WeightLayout.LAYER.size();
    return WeightLayout.layerWeight(i / parts, WeightLayout.LAYER.get(i % parts));
  }

  /** The adapters beside the projections, if there are any. */
  public Optional<Adapters> adapters() {
    return Optional.ofNullable(adapters);
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

  /**
   * Weights of all layers in the order of {@link WeightLayout#LAYER}; those that the decoder lacks are empty. Adapters
   * are added to their weights and 4 bits turned back to fp32, in new tensors of the current memory scope.
   */
  public List<Tensor> layers() {
    if (adapters == null && nf4 == null) {
      return Collections.unmodifiableList(layers);
    }
    Map<String, Tensor> merged = mergedWeights();
    return IntStream.range(0, layers.size()).mapToObj(i -> merged.getOrDefault(layerName(i), absent)).toList();
  }

  /** {@link #weights()} with what is in 4 bits, that in new tensors of the current scope. */
  Map<String, Tensor> weightsWithoutAdapters() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (String name : WeightLayout.backbone(shape).keySet()) {
      all.put(name, nf4 != null && nf4.names().contains(name) ? nf4.weight(name) : weights.get(name));
    }
    return all;
  }

  /** The same with adapters added, those in new tensors too. */
  public Map<String, Tensor> mergedWeights() {
    Map<String, Tensor> merged = weightsWithoutAdapters();
    if (adapters != null) {
      merged.replaceAll(adapters::merged);
    }
    return merged;
  }

  /** Weight and bias of the last norm, {@code [H]}; an absent bias is empty. */
  public List<Tensor> norm() {
    return norm;
  }

  /**
   * Rotary cosines and sines for sequences of up to so many tokens, {@code [2, places, size]} for each table, until the
   * next call. {@link io.rlhf4j.model.family.PositionStyle#place} says where a position stands.
   */
  public List<Tensor> rotary(int positions) {
    return rotary.upTo(positions);
  }

  /** The decoder's own fp32 weights, without adapters, by their names in the common layout. */
  public Map<String, Tensor> weights() {
    return Collections.unmodifiableMap(weights);
  }

  @Override
  public void close() {
    weights.values().forEach(Tensor::close);
    rotary.close();
    absent.close();
    adapters().ifPresent(Adapters::close);
    if (nf4 != null) {
      nf4.close();
    }
  }
}
