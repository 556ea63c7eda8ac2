package io.rlhf4j.reward.process;

import io.rlhf4j.reward.Proportion;

/**
 * How well scores tell right from wrong steps. Labels of 1/2 take no side and count in the loss only.
 *
 * @param answers how many
 * @param steps of all answers whose label takes a side
 * @param correct steps whose score is on the side of their label; a score of 0 is on neither
 * @param right steps labelled above 1/2
 * @param rightMean mean probability given to these, NaN if there is none
 * @param wrongMean mean probability given to steps labelled below 1/2, NaN if there is none
 * @param loss mean over all steps
 */
public record StepEvaluation(int answers, int steps, int correct, int right, double rightMean, double wrongMean,
    double loss) {

  /**
   * Counts scored steps.
   *
   * @param scores {@code [steps]}, before the sigmoid
   * @param labels {@code [steps]}
   */
  static StepEvaluation of(int answers, float[] scores, float[] labels, double loss) {
    Counter counter = new Counter();
    for (int i = 0; i < scores.length; i++) {
      counter.add(scores[i], labels[i]);
    }
    return counter.of(answers, loss);
  }

  /** Counts scored steps one after the other. */
  static final class Counter {

    private int right;
    private int wrong;
    private int correct;
    private double rightSum;
    private double wrongSum;

    void add(float score, float label) {
      double probability = 1 / (1 + Math.exp(-score));
      if (label > 0.5) {
        right++;
        rightSum += probability;
        correct += score > 0 ? 1 : 0;
      } else if (label < 0.5) {
        wrong++;
        wrongSum += probability;
        correct += score < 0 ? 1 : 0;
      }
    }

    StepEvaluation of(int answers, double loss) {
      return new StepEvaluation(answers, right + wrong, correct, right, rightSum / right, wrongSum / wrong, loss);
    }
  }

  /** Share of steps judged as labelled; at least one label must take a side. */
  public Proportion accuracy() {
    return new Proportion(correct, steps);
  }

  /** The same for a judge that always says what most labels say. */
  public Proportion majority() {
    return new Proportion(Math.max(right, steps - right), steps);
  }
}
