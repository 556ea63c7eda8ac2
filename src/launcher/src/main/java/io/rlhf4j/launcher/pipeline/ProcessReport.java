package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.process.StepEvaluation;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;

/**
 * What training on labelled steps led to.
 *
 * @param model the trained model on the held-out steps
 * @param trainAnswers answers learned from
 * @param notes what was skipped or cut, a line for each file
 */
public record ProcessReport(StepEvaluation model, int trainAnswers, List<String> notes) {

  public ProcessReport {
    notes = List.copyOf(notes);
  }

  /** The table that the command prints. */
  public String toText() {
    TextTable accuracies = new TextTable("held-out steps", "correct", "of", "accuracy [95 % interval]");
    accuracies.row("process reward model", String.valueOf(model.correct()), String.valueOf(model.steps()),
        model.accuracy().toString());
    accuracies.row("most frequent label", String.valueOf(model.majority().successes()), String.valueOf(model.steps()),
        model.majority().toString());
    return accuracies + String.format(Locale.ROOT,
        "%nmean probability: right steps %.3f, wrong steps %.3f; loss %.4f%n"
            + "trained on %d answers, measured on %d%n",
        model.rightMean(), model.wrongMean(), model.loss(), trainAnswers, model.answers());
  }
}
