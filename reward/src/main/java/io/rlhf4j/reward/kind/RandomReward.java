package io.rlhf4j.reward.kind;

import java.util.List;
import java.util.SplittableRandom;

/** Uniform numbers, the same for the same seed, prompt and answer. */
record RandomReward(long seed) implements AnswerReward {

  @Override
  public double[] scoreAnswers(List<Answer> answers) {
    return answers.stream().mapToDouble(answer -> {
      long content = 31L * answer.prompt().hashCode() + answer.text().hashCode();
      return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + content).nextDouble();
    }).toArray();
  }
}
