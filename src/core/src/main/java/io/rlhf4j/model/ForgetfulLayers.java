package io.rlhf4j.model;

import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Layers of which only what goes into each is kept (Chen et al. 2016); backward computes each layer once more.
 *
 * @param layer computes one
 * @param learns whether the weights of a layer do
 */
record ForgetfulLayers(Layer layer, IntPredicate learns) {

  /** What one layer makes of its input, {@code [T, H] -> [T, H]}. */
  @FunctionalInterface
  interface Layer {
    Tensor through(Tensor input, int number);
  }

  /** Through the first {@code layers} layers, {@code [T, H] -> [T, H]}. */
  Tensor through(Tensor x, int layers) {
    Tensor input = x;
    for (int number = 0; number < layers; number++) {
      boolean needed = input.carriesGradient() || learns.test(number);
      input = needed ? forgetting(input, number) : layer.through(input, number);
    }
    return input;
  }

  private Tensor forgetting(Tensor input, int number) {
    Tensor output;
    try (GradientScope paused = GradientScope.paused()) {
      output = layer.through(input, number);
    }
    GradientScope.cut(List.of(output), List.of(output), gradients -> {
      try (GradientScope again = GradientScope.open()) {
        layer.through(input, number).backward(gradients.getFirst());
      }
    });
    return output;
  }
}
