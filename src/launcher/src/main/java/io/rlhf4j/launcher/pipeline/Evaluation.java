package io.rlhf4j.launcher.pipeline;

import java.util.List;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/**
 * Answers of one policy to the test prompts, each judged.
 *
 * @param answers one for each test prompt, in the order of the prompts
 */
public record Evaluation(List<Answer> answers) {

  /**
   * One sampled answer.
   *
   * @param prompt what was asked, as the last user turn says it
   * @param text the answer without special tokens
   * @param gold score of the task's own judge, if there is one
   * @param reward score of the reward model
   * @param kl sum over the answer's tokens of log-prob minus reference log-prob, nats
   * @param tokens length including the stop token
   * @param finished whether it ended by itself
   */
  public record Answer(String prompt, String text, OptionalDouble gold, double reward, double kl, int tokens,
      boolean finished) {}

  public Evaluation {
    answers = List.copyOf(answers);
  }

  /** Mean gold score; empty if the recipe has no judge. */
  public OptionalDouble gold() {
    return answers.stream().map(Answer::gold).flatMapToDouble(OptionalDouble::stream).average();
  }

  public double reward() {
    return mean(Answer::reward);
  }

  /** Mean KL of a whole answer to the reference, nats. */
  public double kl() {
    return mean(Answer::kl);
  }

  /** Mean length, tokens. */
  public double tokens() {
    return mean(Answer::tokens);
  }

  /** Share of answers that ended by themselves. */
  public double finished() {
    return mean(answer -> answer.finished() ? 1 : 0);
  }

  private double mean(ToDoubleFunction<Answer> value) {
    return answers.stream().mapToDouble(value).average().orElseThrow();
  }
}
