package io.rlhf4j.train;

import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.ModelWeights;
import io.rlhf4j.tensor.SafetensorsWriter;
import io.rlhf4j.tensor.StoredType;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * AdamW (Loshchilov and Hutter 2019, algorithm 2) with clipping by global norm; the numbers of
 * {@code torch.optim.AdamW}. Weight decay touches matrices only, not norms and biases.
 *
 * <p>Run forward and {@link Tensor#backward} for each micro-batch, then {@link #step} once. The weights stay the
 * caller's; the moments belong to this object. One thread at a time.
 */
public final class AdamW implements AutoCloseable {

  private final OptimizerConfig options;
  private final List<Parameter> parameters = new ArrayList<>();
  private long skippedSteps;

  /**
   * Result of one update.
   *
   * @param applied false if a gradient was NaN or infinite: weights and moments are as before
   * @param gradientNorm global norm before clipping
   */
  public record Update(boolean applied, double gradientNorm) {}

  private record Parameter(String name, Tensor weight, Tensor first, Tensor second, Tensor steps) {

    boolean matrix() {
      return weight.shape().length > 1;
    }
  }

  /** Makes every weight trainable; the names identify the moments in {@link #state()}. */
  public AdamW(Map<String, Tensor> weights, OptimizerConfig options) {
    this.options = options;
    try (MemoryScope ignored = MemoryScope.open()) {
      weights.forEach((name, weight) -> parameters.add(new Parameter(name, weight.requireGradient(true),
          Tensor.zeros(weight.shape()).owned(), Tensor.zeros(weight.shape()).owned(), Tensor.zeros().owned())));
    }
  }

  /**
   * Clips the accumulated gradients, moves the weights and zeroes the gradients.
   *
   * @throws IllegalStateException if a weight took no part in the forward since this object was made
   */
  public Update step(double learningRate) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Map<Parameter, Tensor> gradients = new LinkedHashMap<>();
      parameters.forEach(parameter -> gradients.put(parameter, gradient(parameter)));
      double norm = Kernels.tensor("clip_by_global_norm_", gradients.values(), options.maxGradNorm()).item();
      boolean applied = Double.isFinite(norm);
      if (applied) {
        apply(gradients, true, options.weightDecay(), learningRate);
        apply(gradients, false, 0, learningRate);
      } else {
        skippedSteps++;
      }
      Kernels.run("zero_", gradients.values());
      return new Update(applied, norm);
    }
  }

  private void apply(Map<Parameter, Tensor> gradients, boolean matrices, double weightDecay, double learningRate) {
    List<Parameter> group = parameters.stream().filter(parameter -> parameter.matrix() == matrices).toList();
    if (!group.isEmpty()) {
      Kernels.run("adamw_", group.stream().map(Parameter::weight).toList(), group.stream().map(gradients::get).toList(),
          group.stream().map(Parameter::first).toList(), group.stream().map(Parameter::second).toList(),
          group.stream().map(Parameter::steps).toList(), learningRate, options.beta1(), options.beta2(), weightDecay,
          options.epsilon());
    }
  }

  private static Tensor gradient(Parameter parameter) {
    Tensor gradient = parameter.weight().gradient();
    if (gradient == null) {
      throw new IllegalStateException("weight " + parameter.name() + " has no gradient; did it take part in the loss?");
    }
    return gradient;
  }

  /** The moments and step counts by name, for a checkpoint; writing into them restores one. */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      state.put("first." + parameter.name(), parameter.first());
      state.put("second." + parameter.name(), parameter.second());
      state.put("steps." + parameter.name(), parameter.steps());
    }
    return state;
  }

  /**
   * Continues from a file of {@link #state()}.
   *
   * @throws io.rlhf4j.config.InputException if a tensor is missing or has another shape
   */
  public void restore(ModelWeights checkpoint) {
    state().forEach(checkpoint::readInto);
  }

  /** Writes {@link #state()} to a safetensors file. */
  public void save(Path file) {
    SafetensorsWriter.write(file, state(), StoredType.F32, Map.of());
  }

  /** Continues from a file that {@link #save} wrote, see {@link #restore}. */
  public void load(Path file) {
    try (ModelWeights checkpoint = ModelWeights.open(file)) {
      restore(checkpoint);
    }
  }

  /** Updates left out because a gradient was not finite. */
  public long skippedSteps() {
    return skippedSteps;
  }

  @Override
  public void close() {
    state().values().forEach(Tensor::close);
  }
}
