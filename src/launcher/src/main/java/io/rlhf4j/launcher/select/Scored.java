package io.rlhf4j.launcher.select;

import io.rlhf4j.text.ChatMessage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A prompt and its scored answers.
 *
 * @param prompt the conversation up to the answers
 * @param answers in the order in which they were sampled
 * @param label what a right answer would be, where the data say so
 */
public record Scored(List<ChatMessage> prompt, List<Answer> answers, @Nullable String label) {

  /** Without a right answer. */
  public Scored(List<ChatMessage> prompt, List<Answer> answers) {
    this(prompt, answers, null);
  }

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
