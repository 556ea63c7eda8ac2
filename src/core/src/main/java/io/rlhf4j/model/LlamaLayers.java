package io.rlhf4j.model;

import io.rlhf4j.tensor.Device;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Plain Llama layers over a batch of long sequences, with the derivative that {@code kernels/llama_layer.py} writes
 * out.
 *
 * @param batch whose sequences are long
 * @param turns cosines and sines of each token's position, {@code [T, 1, d]}, for every table
 * @param weights of all layers, in the order of the kernels
 * @param slots tensors of one layer in it
 * @param recompute whether only the inputs of layers are kept for backward
 */
record LlamaLayers(PackedBatch batch, List<Tensor> turns, List<Tensor> weights, int slots, KernelStyle style,
    boolean recompute) {

  /** Norm, q, k, v, o, norm, gate, up and down: where they stand in a layer's weights. */
  private static final int[] PARTS = {0, 2, 3, 4, 5, 13, 15, 16, 17};

  /** Whether nothing in a forward from x needs more than these layers can do. */
  boolean suit(Tensor x, int longest) {
    long headSize = weights.get(2).size(0) / style.style()[0];
    // Its attention calls the CPU's by name.
    boolean alike = Device.current().isCpu() && style.isPlainLlama() && batch.hasLongSequences()
        && turns.getFirst().shape().length == 3
        && turns.getFirst().size(2) == headSize
        && IntStream.of(style.windows()).allMatch(window -> window == 0 || window >= longest);
    if (!alike || !GradientScope.recording()) {
      return alike;
    }
    List<Tensor> parts = IntStream.range(0, layers()).boxed().flatMap(layer -> parts(layer).stream()).toList();
    return parts.stream().allMatch(Tensor::isLeaf)
        || parts.stream().noneMatch(Tensor::isLeaf) && !x.carriesGradient();
  }

  /** {@code [T, H]} to {@code [T, H]} through all layers. */
  Tensor through(Tensor x) {
    Tensor output = x;
    boolean learns = GradientScope.recording() && weights.get(PARTS[1]).isLeaf();
    for (int layer = 0; layer < layers(); layer++) {
      List<Tensor> results = forward(output, layer);
      Tensor next = results.getFirst();
      if (learns) {
        cut(output, results, layer);
      } else {
        results.subList(1, results.size()).forEach(Tensor::close);
      }
      output = next;
    }
    return output;
  }

  private void cut(Tensor input, List<Tensor> results, int layer) {
    Tensor output = results.getFirst();
    if (recompute) {
      results.subList(1, results.size()).forEach(Tensor::close);
      GradientScope.cut(List.of(output), List.of(output),
          gradients -> backward(input, Objects.requireNonNull(gradients.getFirst()), forward(input, layer), layer));
      return;
    }
    GradientScope.cut(List.of(output), results,
        gradients -> backward(input, Objects.requireNonNull(gradients.getFirst()), results, layer));
  }

  private List<Tensor> forward(Tensor input, int layer) {
    try (GradientScope paused = GradientScope.paused()) {
      return Kernels.tensors("llama_layer", input, cos(layer), sin(layer), ofLayer(layer), style.style(),
          style.numbers(), batch.blockLengths());
    }
  }

  private void backward(Tensor input, Tensor gradient, List<Tensor> results, int layer) {
    Tensor ofInput = Kernels.tensor("llama_layer_backward", gradient, input, results, cos(layer), sin(layer),
        ofLayer(layer), parts(layer).stream().map(LlamaLayers::gradientOf).toList(), style.style(), style.numbers(),
        batch.blockLengths());
    if (input.carriesGradient()) {
      input.backward(ofInput);
    }
  }

  /** What the weight's gradient has so far. */
  private static Tensor gradientOf(Tensor weight) {
    if (weight.gradient() == null) {
      weight.backward(Tensor.zeros(weight.shape()));
    }
    return Objects.requireNonNull(weight.gradient());
  }

  private int layers() {
    return weights.size() / slots;
  }

  private List<Tensor> ofLayer(int layer) {
    return weights.subList(layer * slots, (layer + 1) * slots);
  }

  private List<Tensor> parts(int layer) {
    return IntStream.of(PARTS).mapToObj(ofLayer(layer)::get).toList();
  }

  private Tensor cos(int layer) {
    return turns.get(2 * style.tables()[layer]);
  }

  private Tensor sin(int layer) {
    return turns.get(2 * style.tables()[layer] + 1);
  }
}
