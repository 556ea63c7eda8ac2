package io.rlhf4j.reward.eval;

import io.rlhf4j.telemetry.TextTable;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * What a person reads of an evaluation.
 *
 * @param scores the accuracies
 * @param samples how often pairs are drawn again for the intervals
 * @param seed of drawing
 */
public record EvaluationReport(BenchmarkScores scores, int samples, long seed) {

  /** Table of sections, further subsets, probes and calibration. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(table()).append('\n');
    String undecided = scores.type() == ModelType.GENERATIVE ? "%s, %d pairs: %d ties and %d without a score (half a "
        + "point each)%n" : "%s, %d pairs: %d ties (counted wrong), %d without a score%n";
    text.append(String.format(Locale.ROOT, undecided, scores.type().label(), scores.pairs().size(), scores.ties(),
        scores.unscored()));
    text.append(String.format(Locale.ROOT, "chosen %s; rejected %s; mean margin %.4f%n",
        distribution(JudgedPair::chosen), distribution(JudgedPair::rejected), mean(JudgedPair::margin)));
    LengthBias bias = LengthBias.of(scores.pairs(), scores.type()::credit);
    text.append(String.format(Locale.ROOT,
        "length: accuracy %s %% where the chosen answer is longer (%d), %s %% where it is shorter (%d), correlation of "
            + "score and length %s%n",
        percent(bias.accuracyChosenLonger()), bias.chosenLonger(), percent(bias.accuracyChosenShorter()),
        bias.chosenShorter(),
        Double.isNaN(bias.correlation()) ? "-" : String.format(Locale.ROOT, "%.2f", bias.correlation())));
    text.append('\n').append(calibration());
    return text.toString();
  }

  /** With divisor n, as RewardBench has it. */
  private String distribution(ToDoubleFunction<JudgedPair> score) {
    double mean = mean(score);
    double variance = mean(pair -> (score.applyAsDouble(pair) - mean) * (score.applyAsDouble(pair) - mean));
    return String.format(Locale.ROOT, "mean %.4f, std %.4f", mean, Math.sqrt(variance));
  }

  /** Over the pairs that have both scores. */
  private double mean(ToDoubleFunction<JudgedPair> value) {
    return scores.pairs().stream().filter(pair -> !pair.unscored()).mapToDouble(value).average().orElse(Double.NaN);
  }

  private TextTable table() {
    TextTable table = new TextTable("", "accuracy %", "95 % interval", "pairs");
    Map<String, Integer> counts = scores.counts();
    scores.bySection().forEach((section, score) -> table.row(section.title(), percent(score),
        scores.interval(section, samples, seed).map(Interval::toString).orElse(""), String.valueOf(
            section.subsets().keySet().stream().mapToInt(subset -> counts.getOrDefault(subset, 0)).sum())));
    scores.overall().ifPresent(score -> table.row("RewardBench", percent(score),
        scores.overallInterval(samples, seed).map(Interval::toString).orElse(""), ""));
    scores.bySubset().forEach((subset, accuracy) -> {
      if (!subset.isEmpty() && !Sections.know(subset)) {
        table.row(subset, percent(accuracy), "", String.valueOf(counts.get(subset)));
      }
    });
    return table.row("all pairs", percent(scores.accuracy()), scores.accuracyInterval(samples, seed).toString(),
        String.valueOf(scores.pairs().size()));
  }

  private String calibration() {
    Calibration calibration = Calibration.of(scores.pairs());
    TextTable table = new TextTable("confidence %", "accuracy %", "pairs");
    calibration.bins().forEach(bin -> table.row(percent(bin.confidence()), percent(bin.accuracy()),
        String.valueOf(bin.pairs())));
    return table + String.format(Locale.ROOT, "expected calibration error %s %%%n", percent(calibration.error()));
  }

  private static String percent(double share) {
    return Double.isNaN(share) ? "-" : String.format(Locale.ROOT, "%.1f", 100 * share);
  }
}
