package io.rlhf4j.reward.eval;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Whether long answers score higher because they are long.
 *
 * @param chosenLonger pairs whose chosen answer is longer
 * @param accuracyChosenLonger accuracy on those; NaN if there are none
 * @param chosenShorter pairs whose chosen answer is shorter
 * @param accuracyChosenShorter accuracy on those; far below the other means that length is rewarded
 * @param correlation Pearson's, of the difference of scores with the difference of lengths, over all scored pairs
 */
public record LengthBias(long chosenLonger, double accuracyChosenLonger, long chosenShorter,
    double accuracyChosenShorter, double correlation) {

  /** @param credit of a pair, 0 to 1, as in the accuracy of all pairs */
  static LengthBias of(List<JudgedPair> pairs, ToDoubleFunction<JudgedPair> credit) {
    List<JudgedPair> longer = pairs.stream().filter(pair -> pair.extraLength() > 0).toList();
    List<JudgedPair> shorter = pairs.stream().filter(pair -> pair.extraLength() < 0).toList();
    return new LengthBias(longer.size(), accuracy(longer, credit), shorter.size(), accuracy(shorter, credit),
        correlation(pairs));
  }

  private static double accuracy(List<JudgedPair> pairs, ToDoubleFunction<JudgedPair> credit) {
    return pairs.stream().mapToDouble(credit).average().orElse(Double.NaN);
  }

  private static double correlation(List<JudgedPair> pairs) {
    List<JudgedPair> scored = pairs.stream().filter(pair -> !pair.unscored()).toList();
    double margins = scored.stream().mapToDouble(JudgedPair::margin).average().orElse(0);
    double lengths = scored.stream().mapToDouble(JudgedPair::extraLength).average().orElse(0);
    double both = 0;
    double marginSquares = 0;
    double lengthSquares = 0;
    for (JudgedPair pair : scored) {
      double margin = pair.margin() - margins;
      double length = pair.extraLength() - lengths;
      both += margin * length;
      marginSquares += margin * margin;
      lengthSquares += length * length;
    }
    return both / Math.sqrt(marginSquares * lengthSquares);
  }
}
