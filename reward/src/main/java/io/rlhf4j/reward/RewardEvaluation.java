package io.rlhf4j.reward;

import java.util.List;
import java.util.stream.DoubleStream;

/**
 * How well scores tell the chosen from the rejected answers of a set of pairs. All counts are exact.
 *
 * @param pairs how many
 * @param correct pairs whose chosen answer scored strictly higher
 * @param ties pairs with equal scores; they count as wrong
 * @param chosenMean mean score of the chosen answers
 * @param rejectedMean mean score of the rejected answers
 * @param scoreMean mean of all {@code 2 * pairs} scores
 * @param scoreStd their standard deviation with divisor {@code 2 * pairs - 1}, at least 1e-8
 * @param range where all of them lie
 * @param histogram how many of them lie where
 */
public record RewardEvaluation(int pairs, int correct, int ties, double chosenMean, double rejectedMean,
    double scoreMean, double scoreStd, ScoreRange range, ScoreHistogram histogram) {

  /** Keeps normalisation from dividing by zero when all scores are equal. */
  private static final double LEAST_STD = 1e-8;

  /** Counts at least one pair of scores. */
  public static RewardEvaluation of(List<PairScores> scores) {
    double chosen = scores.stream().mapToDouble(PairScores::chosen).average().orElseThrow();
    double rejected = scores.stream().mapToDouble(PairScores::rejected).average().orElseThrow();
    double mean = (chosen + rejected) / 2;
    double squares = all(scores).map(score -> (score - mean) * (score - mean)).sum();
    double std = Math.sqrt(squares / (2.0 * scores.size() - 1));
    ScoreRange range = ScoreRange.of(scores);
    return new RewardEvaluation(scores.size(), (int) scores.stream().filter(PairScores::correct).count(),
        (int) scores.stream().filter(PairScores::tied).count(), chosen, rejected, mean, Math.max(LEAST_STD, std),
        range, ScoreHistogram.of(scores, range));
  }

  private static DoubleStream all(List<PairScores> scores) {
    return scores.stream().flatMapToDouble(pair -> DoubleStream.of(pair.chosen(), pair.rejected()));
  }

  /** Share of correct pairs, with its confidence interval. */
  public Proportion accuracy() {
    return new Proportion(correct, pairs);
  }

  /** Mean of chosen minus rejected. */
  public double margin() {
    return chosenMean - rejectedMean;
  }
}
