package io.rlhf4j.data;

import io.rlhf4j.text.ChatMessage;
import java.util.List;

/**
 * An answer whose steps have been judged.
 *
 * @param prompt the conversation up to the answer, ending with a user turn
 * @param steps of the answer, at least one, none blank and none with a separator
 * @param labels probability that each step is right, in [0, 1]; as many as steps
 * @param line where the row begins in its file
 */
public record LabelledSteps(List<ChatMessage> prompt, List<String> steps, List<Double> labels, long line)
    implements DataRow {

  public LabelledSteps {
    prompt = List.copyOf(prompt);
    steps = List.copyOf(steps);
    labels = List.copyOf(labels);
  }
}
