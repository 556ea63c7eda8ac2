package io.rlhf4j.launcher.select;

import io.rlhf4j.text.ChatMessage;
import java.util.List;

/**
 * A prompt and its scored answers.
 *
 * @param prompt the conversation up to the answers
 * @param answers in the order in which they were sampled
 */
public record Scored(List<ChatMessage> prompt, List<Answer> answers) {

  public Scored {
    prompt = List.copyOf(prompt);
    answers = List.copyOf(answers);
  }

  /**
   * An answer.
   *
   * @param text what was said
   * @param reward what it is worth
   * @param finished whether it ended by itself, as far as is known
   */
  public record Answer(String text, double reward, boolean finished) {}

  /** Mean reward of the answers; the lower, the harder the prompt. */
  double meanReward() {
    return answers.stream().mapToDouble(Answer::reward).average().orElse(Double.NaN);
  }
}
