package io.rlhf4j.reward.kind;

import io.rlhf4j.text.ChatMessage;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Answers to one prompt.
 *
 * @param prompt the conversation up to the answers
 * @param answers at least one
 * @param label what a right answer would be, where the data say so
 */
public record AnswerGroup(List<ChatMessage> prompt, List<String> answers, @Nullable String label) {

  public AnswerGroup {
    prompt = List.copyOf(prompt);
    answers = List.copyOf(answers);
  }

  /** Each answer with its prompt. */
  public Stream<Answer> each() {
    return answers.stream().map(text -> new Answer(prompt, text, label));
  }
}
