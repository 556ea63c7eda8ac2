package io.rlhf4j.model;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Gradients of the sum of log-probs, for tests that compare two ways of computing them. */
final class Gradients {

  private Gradients() {}

  /**
   * Adds to the gradients of the trainable weights.
   *
   * @return log-probs of the actions, {@code [actions]}
   */
  static float[] accumulate(CausalModel model, PackedBatch batch, List<TokenSequence> actions, double temperature) {
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      TokenLogProbs result = model.logProbs(model.hidden(batch), ActionRows.of(batch, actions), temperature);
      Kernels.tensor("sum_all", result.logProbs()).backward();
      return result.logProbs().toFloats();
    }
  }

  /** What has been accumulated for each weight, which begins at zero again. */
  static List<float[]> take(CausalModel model) {
    List<float[]> gradients = new ArrayList<>();
    model.weights().values().forEach(weight -> gradients.add(take(weight)));
    return gradients;
  }

  /** Of the weights that are trained, at temperature 1; shared prompts are computed once. */
  static Map<String, float[]> ofTrained(CausalModel model, List<TokenSequence> sequences) {
    Map<String, float[]> gradients = new LinkedHashMap<>();
    model.trainable(true);
    try (MemoryScope scope = MemoryScope.open()) {
      accumulate(model, PackedBatch.sharingPrompts(sequences), sequences, 1);
      model.trainedWeights().forEach((name, weight) -> gradients.put(name, take(weight)));
    }
    model.trainable(false);
    return gradients;
  }

  private static float[] take(Tensor weight) {
    Tensor gradient = weight.gradient();
    float[] values = gradient.toFloats();
    Kernels.run("fill_", gradient, 0.0);
    return values;
  }
}
