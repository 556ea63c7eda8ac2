package io.rlhf4j.reward;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.rl.TokenSequence;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How far INT8 scores of a reward model prefer the same answers as its fp32 scores.
 *
 * @param pairs pairs that were scored both ways
 * @param agreeing pairs that both order the same way
 * @param meanDifference mean absolute difference of a score
 */
public record PairAgreement(int pairs, int agreeing, double meanDifference) {

  /** Below this share of agreeing pairs INT8 is not used. */
  public static final double LEAST = 0.99;

  /**
   * Scores the pairs with the model of a directory in both precisions.
   *
   * @param maxTokens tokens in one forward pass
   */
  public static PairAgreement measure(Path directory, List<TokenizedPair> pairs, int maxTokens) {
    List<TokenSequence> sequences =
        pairs.stream().flatMap(pair -> Stream.of(pair.chosen(), pair.rejected())).toList();
    return of(scores(directory, sequences, maxTokens, InferencePrecision.FP32),
        scores(directory, sequences, maxTokens, InferencePrecision.INT8));
  }

  /** Compares scores of chosen and rejected answers in turn. */
  public static PairAgreement of(float[] exact, float[] rounded) {
    int agreeing = (int) IntStream.range(0, exact.length / 2)
        .filter(i -> Float.compare(exact[2 * i], exact[2 * i + 1]) == Float.compare(rounded[2 * i], rounded[2 * i + 1]))
        .count();
    double difference = IntStream.range(0, exact.length).mapToDouble(i -> Math.abs((double) exact[i] - rounded[i]))
        .average().orElse(0);
    return new PairAgreement(exact.length / 2, agreeing, difference);
  }

  private static float[] scores(Path directory, List<TokenSequence> sequences, int maxTokens,
      InferencePrecision precision) {
    try (RewardModelScorer scorer = RewardModelScorer.load(directory, maxTokens, false, precision)) {
      return scorer.score(sequences);
    }
  }

  public boolean allowsInt8() {
    return agreeing >= LEAST * pairs;
  }

  /** One line for the user. */
  public String toText() {
    return String.format(Locale.ROOT, "INT8 and fp32 scores order %d of %d test pairs the same way (%.1f %%), mean "
        + "difference %.4f", agreeing, pairs, 100.0 * agreeing / pairs, meanDifference);
  }
}
