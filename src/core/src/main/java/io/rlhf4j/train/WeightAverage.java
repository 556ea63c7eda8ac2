package io.rlhf4j.train;

import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Exponential moving average of a model's weights: {@code a = decay * a + (1 - decay) * w} after every optimiser step,
 * starting from the weights as they are now. One thread at a time.
 */
public final class WeightAverage implements AutoCloseable {

  private final Map<String, Tensor> weights;
  private final Map<String, Tensor> averages = new LinkedHashMap<>();
  private final double decay;

  public WeightAverage(Map<String, Tensor> weights, double decay) {
    this.weights = weights;
    this.decay = decay;
    try (MemoryScope ignored = MemoryScope.open()) {
      weights.forEach((name, weight) -> averages.put(name, Kernels.tensor("clone", weight).owned()));
    }
  }

  /** After an optimiser step. */
  public void follow() {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Kernels.run("follow_", list(averages.values()), list(weights.values()), 1 - decay);
    }
  }

  /** Runs {@code work} while the model has the averages for weights. */
  public void whileAveraged(Runnable work) {
    swap();
    try {
      work.run();
    } finally {
      swap();
    }
  }

  private void swap() {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      weights.forEach((name, weight) -> {
        Tensor average = averages.get(name);
        Tensor copy = Kernels.tensor("clone", weight);
        Kernels.run("copy_", weight, average);
        Kernels.run("copy_", average, copy);
      });
    }
  }

  /** The averages by the names of their weights, for a checkpoint; writing into them restores one. */
  public Map<String, Tensor> state() {
    return averages;
  }

  private static List<Tensor> list(Collection<Tensor> tensors) {
    return List.copyOf(tensors);
  }

  @Override
  public void close() {
    averages.values().forEach(Tensor::close);
  }
}
