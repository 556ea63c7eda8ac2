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
 * Moves weights by their gradients, as {@code optim} says, after clipping by global norm. Weight decay touches matrices
 * only, not norms and biases.
 *
 * <p>Run forward and {@link Tensor#backward} for each micro-batch, then {@link #step} once. The weights stay the
 * caller's; what the optimiser remembers of them belongs to this object. One thread at a time.
 */
public final class Optimizer implements AutoCloseable {

  private final OptimizerConfig options;
  private final UpdateRule rule;
  private final List<Slot> slots = new ArrayList<>();
  private long skippedSteps;

  /**
   * Result of one update.
   *
   * @param applied false if a gradient was NaN or infinite: weights and moments are as before
   * @param gradientNorm global norm before clipping
   */
  public record Update(boolean applied, double gradientNorm) {}

  /** Makes every weight trainable; the names identify what is remembered in {@link #state()}. */
  public Optimizer(Map<String, Tensor> weights, OptimizerConfig options) {
    this.options = options;
    this.rule = UpdateRule.of(options);
    try (MemoryScope ignored = MemoryScope.open()) {
      weights.forEach((name, values) -> {
        Slot.Weight weight = new Slot.Weight(name, values.requireGradient(true));
        Map<String, Tensor> state = rule.begin(weight);
        state.values().forEach(Tensor::owned);
        slots.add(new Slot(weight, state));
      });
    }
  }

  /**
   * Clips the accumulated gradients, moves the weights and zeroes the gradients.
   *
   * @throws IllegalStateException if a weight took no part in the forward since this object was made
   */
  public Update step(double learningRate) {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      List<Tensor> gradients = slots.stream().map(slot -> gradient(slot.weight())).toList();
      double norm = Kernels.tensor("clip_by_global_norm_", gradients, options.maxGradNorm()).item();
      boolean applied = Double.isFinite(norm);
      if (applied) {
        Slot.Group all = new Slot.Group(slots, gradients, 0, learningRate);
        all.split(Slot.Weight::isMatrix, matrices -> rule.apply(matrices.decaying(options.weightDecay())), rule::apply);
      } else {
        skippedSteps++;
      }
      Kernels.run("zero_", gradients);
      return new Update(applied, norm);
    }
  }

  private static Tensor gradient(Slot.Weight weight) {
    Tensor gradient = weight.values().gradient();
    if (gradient == null) {
      throw new IllegalStateException("weight " + weight.name() + " has no gradient; did it take part in the loss?");
    }
    return gradient;
  }

  /** What is remembered of each weight, by name, for a checkpoint; writing into the tensors restores one. */
  public Map<String, Tensor> state() {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (Slot slot : slots) {
      slot.state().forEach((name, tensor) -> state.put(name + "." + slot.weight().name(), tensor));
    }
    return state;
  }

  /** Memory that {@link #state()} takes, bytes. */
  public long stateBytes() {
    return state().values().stream().mapToLong(tensor -> tensor.count() * tensor.type().bytes()).sum();
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
    rule.close();
  }
}
