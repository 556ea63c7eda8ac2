package io.rlhf4j.reward.process;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Scores of labelled steps, answer after answer.
 *
 * @param scores {@code [steps]}, before the sigmoid
 * @param labels {@code [steps]}
 * @param starts where the steps of each answer begin, and the end, {@code [answers + 1]}
 * @param loss mean over all steps
 */
record StepScores(float[] scores, float[] labels, int[] starts, double loss) {

  StepEvaluation whole() {
    return StepEvaluation.of(starts.length - 1, scores, labels, loss);
  }

  /**
   * Each part by itself; one in which no label takes a side is left out.
   *
   * @param answers numbers of the answers of each part
   */
  Map<String, StepEvaluation> parts(Map<String, int[]> answers) {
    Map<String, StepEvaluation> parts = new LinkedHashMap<>();
    answers.forEach((name, some) -> {
      StepEvaluation part = part(some);
      if (part.steps() > 0) {
        parts.put(name, part);
      }
    });
    return parts;
  }

  private StepEvaluation part(int[] answers) {
    int[] steps =
        IntStream.of(answers).flatMap(answer -> IntStream.range(starts[answer], starts[answer + 1])).toArray();
    float[] some = new float[steps.length];
    float[] sides = new float[steps.length];
    double sum = 0;
    for (int i = 0; i < steps.length; i++) {
      some[i] = scores[steps[i]];
      sides[i] = labels[steps[i]];
      sum += loss(some[i], sides[i]);
    }
    return StepEvaluation.of(answers.length, some, sides, sum / steps.length);
  }

  /** {@code -(y log p + (1 - y) log(1 - p))} with {@code p = sigmoid(score)}, finite for every finite score. */
  static double loss(double score, double label) {
    return Math.max(score, 0) - label * score + Math.log1p(Math.exp(-Math.abs(score)));
  }
}
