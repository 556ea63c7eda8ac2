package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.Proportion;
import io.rlhf4j.reward.process.StepEvaluation;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What training on labelled steps led to.
 *
 * @param model the trained model on the held-out steps
 * @param byPart the same for the held-out answers of each file, if there are several
 * @param trainAnswers answers learned from
 * @param notes what was skipped or cut, a line for each file
 */
public record ProcessReport(StepEvaluation model, Map<String, StepEvaluation> byPart, int trainAnswers,
    List<String> notes) {

  public ProcessReport {
    notes = List.copyOf(notes);
  }

  /** The table that the command prints. */
  public String toText() {
    TextTable accuracies = new TextTable("held-out steps", "correct", "of", "accuracy [95 % interval]");
    row(accuracies, "process reward model", model.accuracy());
    byPart.forEach((name, evaluation) -> row(accuracies, "- " + name, evaluation.accuracy()));
    row(accuracies, "most frequent label", model.majority());
    return accuracies + String.format(Locale.ROOT,
        "%nmean probability: right steps %.3f, wrong steps %.3f; loss %.4f%n"
            + "trained on %d answers, measured on %d%n",
        model.rightMean(), model.wrongMean(), model.loss(), trainAnswers, model.answers());
  }

  private static void row(TextTable table, String name, Proportion right) {
    table.row(name, String.valueOf(right.successes()), String.valueOf(right.trials()), right.toString());
  }
}
