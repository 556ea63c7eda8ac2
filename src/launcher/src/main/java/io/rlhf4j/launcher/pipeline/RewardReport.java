package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.data.PreferencePair;
import io.rlhf4j.data.Split;
import io.rlhf4j.launcher.quickstart.BradleyTerry;
import io.rlhf4j.reward.Baselines;
import io.rlhf4j.reward.PairScores;
import io.rlhf4j.reward.PreparedPairs;
import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.ScoreHistogram;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What reward training led to, beside scores that need no model, all on the same test pairs.
 *
 * @param model the trained reward model
 * @param byPart the same for the held-out pairs of each file, if there are several
 * @param longer prefers the longer answer
 * @param shorter prefers the shorter answer
 * @param random prefers one at random
 * @param gold the task's own judge, if there is one: no reward model can be expected to do better
 * @param bayesLimit expected accuracy of the best possible scores when preferences are drawn with probability
 *     {@code sigmoid(gold difference)}; empty without a judge
 * @param trainPairs pairs learned from
 * @param notes what was skipped or cut, a line for each file
 */
public record RewardReport(RewardEvaluation model, Map<String, RewardEvaluation> byPart,
    RewardEvaluation longer, RewardEvaluation shorter, RewardEvaluation random, Optional<RewardEvaluation> gold,
    OptionalDouble bayesLimit, int trainPairs,
    List<String> notes) {

  public RewardReport {
    notes = List.copyOf(notes);
  }

  static RewardReport of(RewardEvaluation model, Map<String, RewardEvaluation> byPart,
      Split<PreparedPairs.Pair> pairs, RunContext context, List<String> notes) {
    List<PreferencePair> test = PreparedPairs.rows(pairs.test());
    Optional<List<PairScores>> gold = context.task().map(task -> test.stream().map(pair -> new PairScores(
        task.gold(pair.prompt(), pair.chosen()), task.gold(pair.prompt(), pair.rejected()))).toList());
    OptionalDouble bayesLimit = gold.map(RewardReport::bayesLimit).orElse(OptionalDouble.empty());
    return new RewardReport(model, byPart, RewardEvaluation.of(Baselines.longer(test)),
        RewardEvaluation.of(Baselines.shorter(test)),
        RewardEvaluation.of(Baselines.random(test.size(), context.recipe().seed())),
        gold.map(RewardEvaluation::of), bayesLimit, pairs.train().size(), notes);
  }

  /** As the other, of pairs that are not in memory. */
  static RewardReport of(RewardEvaluation model, Map<String, RewardEvaluation> byPart, StreamedPairs pairs, long seed,
      List<String> notes) {
    List<PairScores> lengths = pairs.lengths();
    return new RewardReport(model, byPart, RewardEvaluation.of(lengths),
        RewardEvaluation.of(Baselines.shorterOf(lengths)),
        RewardEvaluation.of(Baselines.random(lengths.size(), seed, pairs.space())), Optional.empty(),
        OptionalDouble.empty(), pairs.train().size(), notes);
  }

  private static OptionalDouble bayesLimit(List<PairScores> gold) {
    return OptionalDouble.of(BradleyTerry.bayesAccuracy(
        gold.stream().map(pair -> new BradleyTerry.GoldPair(pair.chosen(), pair.rejected())).toList()));
  }

  /** The tables that the command prints. */
  public String toText() {
    TextTable accuracies = new TextTable("held-out pairs", "correct", "ties", "of", "accuracy [95 % interval]");
    row(accuracies, "reward model", model);
    byPart.forEach((name, evaluation) -> row(accuracies, "- " + name, evaluation));
    gold.ifPresent(judge -> row(accuracies, "gold score", judge));
    row(accuracies, "longer answer", longer);
    row(accuracies, "shorter answer", shorter);
    row(accuracies, "random", random);
    String scores = String.format(Locale.ROOT,
        "%nscores: chosen %.3f, rejected %.3f, margin %.3f; all: mean %.3f, standard deviation %.3f%n"
            + "least %.3f, tenth %.3f, median %.3f, nine tenths %.3f, greatest %.3f%n"
            + "trained on %d pairs; a tie counts as wrong%n",
        model.chosenMean(), model.rejectedMean(), model.margin(), model.scoreMean(), model.scoreStd(),
        model.range().min(), model.range().low(), model.range().median(), model.range().high(), model.range().max(),
        trainPairs);
    String limit = bayesLimit.isPresent()
        ? String.format(Locale.ROOT, "best accuracy that can be expected: %.1f %%%n", 100 * bayesLimit.getAsDouble())
        : "";
    return accuracies + scores + limit + "\n" + histogram();
  }

  private TextTable histogram() {
    TextTable table = new TextTable("held-out scores from", "chosen", "rejected");
    for (int bin = 0; bin < ScoreHistogram.BINS; bin++) {
      table.row(String.format(Locale.ROOT, "%.3f", model.histogram().edge(bin)),
          String.valueOf(model.histogram().chosen().get(bin)), String.valueOf(model.histogram().rejected().get(bin)));
    }
    return table;
  }

  private static void row(TextTable table, String name, RewardEvaluation evaluation) {
    table.row(name, String.valueOf(evaluation.correct()), String.valueOf(evaluation.ties()),
        String.valueOf(evaluation.pairs()), evaluation.accuracy().toString());
  }
}
