package io.rlhf4j.reward.process;

import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowWords;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Scores of labelled steps, answer after answer. One thread at a time.
 *
 * @param steps score, before the sigmoid, and label of each
 * @param starts where the steps of each answer begin, and the end, {@code [answers + 1]}
 * @param loss mean over all steps
 */
record StepScores(RowWords steps, RowNumbers starts, double loss) {

  /** One step as it stands among {@link #steps}. */
  static long word(float score, float label) {
    return (long) Float.floatToRawIntBits(score) << Integer.SIZE
        | Integer.toUnsignedLong(Float.floatToRawIntBits(label));
  }

  private float score(int step) {
    return Float.intBitsToFloat((int) (steps.get(step) >>> Integer.SIZE));
  }

  private float label(int step) {
    return Float.intBitsToFloat((int) steps.get(step));
  }

  StepEvaluation whole() {
    StepEvaluation.Counter counter = new StepEvaluation.Counter();
    for (int step = 0; step < steps.size(); step++) {
      counter.add(score(step), label(step));
    }
    return counter.of(starts.size() - 1, loss);
  }

  /**
   * Each part by itself; one in which no label takes a side is left out.
   *
   * @param answers numbers of the answers of each part
   */
  Map<String, StepEvaluation> parts(Map<String, RowNumbers> answers) {
    Map<String, StepEvaluation> parts = new LinkedHashMap<>();
    answers.forEach((name, some) -> {
      StepEvaluation part = part(some);
      if (part.steps() > 0) {
        parts.put(name, part);
      }
    });
    return parts;
  }

  private StepEvaluation part(RowNumbers answers) {
    StepEvaluation.Counter counter = new StepEvaluation.Counter();
    double sum = 0;
    long count = 0;
    for (int i = 0; i < answers.size(); i++) {
      int answer = answers.number(i);
      for (int step = starts.number(answer); step < starts.number(answer + 1); step++) {
        counter.add(score(step), label(step));
        sum += loss(score(step), label(step));
        count++;
      }
    }
    return counter.of(answers.size(), sum / count);
  }

  /** {@code -(y log p + (1 - y) log(1 - p))} with {@code p = sigmoid(score)}, finite for every finite score. */
  static double loss(double score, double label) {
    return Math.max(score, 0) - label * score + Math.log1p(Math.exp(-Math.abs(score)));
  }
}
