package io.rlhf4j.reward.process;

import io.rlhf4j.data.LabelledSteps;
import io.rlhf4j.data.SkippedRows;
import java.util.List;

/**
 * Labelled answers of one file as token ids.
 *
 * @param answers the usable rows in the order of the file
 * @param skipped rows that could not be used, those beyond the limits included
 * @param truncated how many of {@code answers} lost steps
 */
public record PreparedSteps(List<Answer> answers, SkippedRows skipped, int truncated) {

  public PreparedSteps {
    answers = List.copyOf(answers);
  }

  /** A row and its tokens. */
  public record Answer(LabelledSteps row, StepExample example) {}

  public static List<StepExample> examples(List<Answer> answers) {
    return answers.stream().map(Answer::example).toList();
  }
}
