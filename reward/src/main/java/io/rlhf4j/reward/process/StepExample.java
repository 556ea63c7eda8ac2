package io.rlhf4j.reward.process;

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
    float[] all = new float[count(examples)];
    int at = 0;
    for (StepExample example : examples) {
      System.arraycopy(example.labels, 0, all, at, example.labels.length);
      at += example.labels.length;
    }
    return all;
  }

  /** Steps of all answers. */
  static int count(List<StepExample> examples) {
    return examples.stream().mapToInt(example -> example.labels.length).sum();
  }
}
