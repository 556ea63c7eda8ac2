package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.launcher.select.Scored;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * What a round made of its prompts.
 *
 * @param answers sampled and scored
 * @param imitated rows for SFT
 * @param pairs rows for DPO
 * @param labels pairs labelled by the judge
 */
record RoundYield(List<Scored> answers, int imitated, int pairs, int labels) {

  /** Mean over the prompts of the highest reward. */
  double bestOfK() {
    return mean(prompt -> finite(prompt).max().orElse(0));
  }

  /** Mean over the prompts of the mean reward. */
  double meanOfK() {
    return mean(prompt -> finite(prompt).average().orElse(0));
  }

  private double mean(ToDoubleFunction<Scored> value) {
    return answers.stream().mapToDouble(value).average().orElse(0);
  }

  private static DoubleStream finite(Scored prompt) {
    return prompt.answers().stream().mapToDouble(Scored.Answer::reward).filter(Double::isFinite);
  }
}
