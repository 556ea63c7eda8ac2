package io.rlhf4j.train;

import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * A weight and what its optimiser remembers of it.
 *
 * @param weight belongs to the model
 * @param state by name; belongs to the optimiser
 */
record Slot(Weight weight, Map<String, Tensor> state) {

  /**
   * A trained weight.
   *
   * @param name as in the model's files
   */
  record Weight(String name, Tensor values) {

    /** Matrices decay; norms and biases do not. */
    boolean isMatrix() {
      return values.shape().length > 1;
    }
  }

  /**
   * Weights that move together.
   *
   * @param gradients of the slots, in their order
   */
  record Group(List<Slot> slots, List<Tensor> gradients, double weightDecay, double learningRate) {

    /** Gives some of the weights to one and the others to another; neither is asked about none. */
    void split(Predicate<Weight> wanted, Consumer<Group> chosen, Consumer<Group> others) {
      Group taken = where(wanted);
      if (!taken.slots.isEmpty()) {
        chosen.accept(taken);
      }
      Group left = where(wanted.negate());
      if (!left.slots.isEmpty()) {
        others.accept(left);
      }
    }

    private Group where(Predicate<Weight> wanted) {
      List<Slot> chosen = new ArrayList<>();
      List<Tensor> theirs = new ArrayList<>();
      for (int i = 0; i < slots.size(); i++) {
        if (wanted.test(slots.get(i).weight())) {
          chosen.add(slots.get(i));
          theirs.add(gradients.get(i));
        }
      }
      return new Group(chosen, theirs, weightDecay, learningRate);
    }

    Group decaying(double decay) {
      return new Group(slots, gradients, decay, learningRate);
    }

    List<Tensor> weights() {
      return slots.stream().map(slot -> slot.weight().values()).toList();
    }

    /** What the optimiser remembers of each weight under a name. */
    List<Tensor> state(String name) {
      return slots.stream().map(slot -> slot.state().get(name)).toList();
    }
  }
}
