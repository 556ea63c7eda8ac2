package io.rlhf4j.train;

import io.rlhf4j.config.OptimizerConfig;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How an optimiser turns gradients into changes of the weights, and what it remembers of each weight for that. */
sealed interface UpdateRule extends AutoCloseable {

  static UpdateRule of(OptimizerConfig options) {
    return switch (options.optim()) {
      case ADAMW -> new AdamW(options);
      case ADAMW_8BIT -> new AdamW8Bit(options);
      case ADAFACTOR -> new Adafactor();
      case LION -> new Lion(options);
      case LION_8BIT -> new Lion8Bit(options);
      case RMSPROP -> new RmsProp(options);
      case ADAGRAD -> new Adagrad(options.epsilon());
      case SGD -> new Sgd(options.momentum());
    };
  }

  /** What is remembered of a weight before the first step, by name, in the current memory scope. */
  Map<String, Tensor> begin(Slot.Weight weight);

  /** Moves the weights of a group; the gradients are used up. */
  void apply(Slot.Group group);

  @Override
  default void close() {}

  private static Map<String, Tensor> zeros(Tensor like, String... names) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (String name : names) {
      state.put(name, Tensor.zeros(like.shape()));
    }
    return state;
  }

  /** Loshchilov and Hutter 2019, algorithm 2; the numbers of {@code torch.optim.AdamW}. */
  record AdamW(OptimizerConfig options) implements UpdateRule {

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      Map<String, Tensor> state = zeros(weight.values(), "first", "second");
      state.put("steps", Tensor.zeros());
      return state;
    }

    @Override
    public void apply(Slot.Group group) {
      Kernels.run("adamw_", group.weights(), group.gradients(), group.state("first"), group.state("second"),
          group.state("steps"), group.learningRate(), options.beta1(), options.beta2(), group.weightDecay(),
          options.epsilon());
    }
  }

  /** The same with moments in blocks of 8-bit codes; small weights and embeddings keep theirs in fp32. */
  record AdamW8Bit(OptimizerConfig options, EightBits eightBits) implements UpdateRule {

    AdamW8Bit(OptimizerConfig options) {
      this(options, new EightBits());
    }

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      if (!EightBits.suits(weight)) {
        return new AdamW(options).begin(weight);
      }
      Map<String, Tensor> state = EightBits.begin(weight, "first", "second");
      state.put("steps", Tensor.zeros());
      return state;
    }

    @Override
    public void apply(Slot.Group group) {
      group.split(EightBits::suits, this::applyToCodes, new AdamW(options)::apply);
    }

    private void applyToCodes(Slot.Group large) {
      Kernels.run("adamw_8bit_", large.weights(), large.gradients(), large.state("first"),
          large.state("first" + EightBits.SCALES), large.state("second"), large.state("second" + EightBits.SCALES),
          large.state("steps"), eightBits.levels(), eightBits.cells(), large.learningRate(), options.beta1(),
          options.beta2(), large.weightDecay(), options.epsilon());
    }

    @Override
    public void close() {
      eightBits.close();
    }
  }

  /** Chen et al. 2023, algorithm 2. */
  record Lion(OptimizerConfig options) implements UpdateRule {

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      return zeros(weight.values(), "first");
    }

    @Override
    public void apply(Slot.Group group) {
      Kernels.run("lion_", group.weights(), group.gradients(), group.state("first"), group.learningRate(),
          options.beta1(), options.beta2(), group.weightDecay());
    }
  }

  /** The same with its moment in blocks of 8-bit codes; small weights and embeddings keep theirs in fp32. */
  record Lion8Bit(OptimizerConfig options, EightBits eightBits) implements UpdateRule {

    Lion8Bit(OptimizerConfig options) {
      this(options, new EightBits());
    }

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      return EightBits.suits(weight) ? EightBits.begin(weight, "first") : new Lion(options).begin(weight);
    }

    @Override
    public void apply(Slot.Group group) {
      group.split(EightBits::suits, this::applyToCodes, new Lion(options)::apply);
    }

    private void applyToCodes(Slot.Group large) {
      Kernels.run("lion_8bit_", large.weights(), large.gradients(), large.state("first"),
          large.state("first" + EightBits.SCALES), eightBits.levels(), eightBits.cells(), large.learningRate(),
          options.beta1(), options.beta2(), large.weightDecay());
    }

    @Override
    public void close() {
      eightBits.close();
    }
  }

  /**
   * Shazeer and Stern 2018, algorithm 4, without a first moment; the numbers of transformers' {@code Adafactor} as its
   * trainer sets it up (scale_parameter and relative_step off).
   */
  record Adafactor() implements UpdateRule {

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      Map<String, Tensor> state = new LinkedHashMap<>();
      if (weight.isMatrix()) {
        state.put("rows", Tensor.zeros(weight.values().size(0)));
        state.put("columns", Tensor.zeros(weight.values().size(1)));
      } else {
        state.putAll(zeros(weight.values(), "second"));
      }
      state.put("steps", Tensor.zeros());
      return state;
    }

    @Override
    public void apply(Slot.Group group) {
      group.split(Slot.Weight::isMatrix,
          matrices -> Kernels.run("adafactor_", matrices.weights(), matrices.gradients(), matrices.state("rows"),
              matrices.state("columns"), matrices.state("steps"), matrices.learningRate(), matrices.weightDecay()),
          vectors -> Kernels.run("adafactor_vectors_", vectors.weights(), vectors.gradients(), vectors.state("second"),
              vectors.state("steps"), vectors.learningRate(), vectors.weightDecay()));
    }
  }

  /** Tieleman and Hinton 2012; the numbers of {@code torch.optim.RMSprop} with {@code alpha} = beta2. */
  record RmsProp(OptimizerConfig options) implements UpdateRule {

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      return options.momentum() > 0 ? zeros(weight.values(), "second", "velocity") : zeros(weight.values(), "second");
    }

    @Override
    public void apply(Slot.Group group) {
      Kernels.run("rmsprop_", group.weights(), group.gradients(), group.state("second"),
          options.momentum() > 0 ? group.state("velocity") : List.of(), group.learningRate(), options.beta2(),
          options.momentum(), group.weightDecay(), options.epsilon());
    }
  }

  /** Duchi, Hazan and Singer 2011; the numbers of {@code torch.optim.Adagrad}. */
  record Adagrad(double epsilon) implements UpdateRule {

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      return zeros(weight.values(), "second");
    }

    @Override
    public void apply(Slot.Group group) {
      Kernels.run("adagrad_", group.weights(), group.gradients(), group.state("second"), group.learningRate(),
          group.weightDecay(), epsilon);
    }
  }

  /** Gradient descent with Polyak's momentum; the numbers of {@code torch.optim.SGD}. */
  record Sgd(double momentum) implements UpdateRule {

    @Override
    public Map<String, Tensor> begin(Slot.Weight weight) {
      return momentum > 0 ? zeros(weight.values(), "velocity") : Map.of();
    }

    @Override
    public void apply(Slot.Group group) {
      Kernels.run("sgd_", group.weights(), group.gradients(), momentum > 0 ? group.state("velocity") : List.of(),
          group.learningRate(), momentum, group.weightDecay());
    }
  }
}
