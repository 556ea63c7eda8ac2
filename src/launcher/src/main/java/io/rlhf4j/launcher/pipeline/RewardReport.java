package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.Split;
import io.rlhf4j.reward.Baselines;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;

/**
 * What reward training led to, beside scores that need no model, all on the same test pairs.
 *
 * @param model the trained reward model
 * @param longer prefers the longer answer
 * @param shorter prefers the shorter answer
 * @param random prefers one at random
 * @param trainPairs pairs learned from
 * @param notes what was skipped or cut, a line for each file
 */
public record RewardReport(RewardEvaluation model, RewardEvaluation longer, RewardEvaluation shorter,
    RewardEvaluation random, int trainPairs, List<String> notes) {

  public RewardReport {
    notes = List.copyOf(notes);
  }

  static RewardReport of(RewardEvaluation model, Split<PreparedPairs.Pair> pairs, long seed, List<String> notes) {
    List<PreferencePair> test = PreparedPairs.rows(pairs.test());
    return new RewardReport(model, RewardEvaluation.of(Baselines.longer(test)),
        RewardEvaluation.of(Baselines.shorter(test)), RewardEvaluation.of(Baselines.random(test, seed)),
        pairs.train().size(), notes);
  }

  /** The tables that the command prints. */
  public String toText() {
    TextTable accuracies = new TextTable("held-out pairs", "correct", "ties", "of", "accuracy [95 % interval]");
    row(accuracies, "reward model", model);
    row(accuracies, "longer answer", longer);
    row(accuracies, "shorter answer", shorter);
    row(accuracies, "random", random);
    String scores = String.format(Locale.ROOT,
        "%nscores: chosen %.3f, rejected %.3f, margin %.3f; all: mean %.3f, standard deviation %.3f%n"
            + "trained on %d pairs; a tie counts as wrong%n",
        model.chosenMean(), model.rejectedMean(), model.margin(), model.scoreMean(), model.scoreStd(), trainPairs);
    return accuracies + scores;
  }

  private static void row(TextTable table, String name, RewardEvaluation evaluation) {
    table.row(name, String.valueOf(evaluation.correct()), String.valueOf(evaluation.ties()),
        String.valueOf(evaluation.pairs()), evaluation.accuracy().toString());
  }
}
