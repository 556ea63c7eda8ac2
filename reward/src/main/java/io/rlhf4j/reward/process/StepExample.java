package io.rlhf4j.reward.process;

import java.nio.FloatBuffer;
import java.util.List;

/**
 * An answer with labelled steps.
 *
 * @param steps tokens
 * @param labels probability that each step is right, {@code [steps]}
 */
public record StepExample(Steps steps, float[] labels) {

  int tokens() {
    return steps.tokens().length;
  }

  static float[] labels(List<StepExample> examples) {
    FloatBuffer all = FloatBuffer.allocate(count(examples));
    examples.forEach(example -> all.put(example.labels));
    return all.array();
  }

  /** Steps of all answers. */
  static int count(List<StepExample> examples) {
    return examples.stream().mapToInt(example -> example.labels.length).sum();
  }
}
