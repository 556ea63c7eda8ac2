package io.rlhf4j.launcher.quickstart;

import java.util.List;
import java.util.random.RandomGenerator;

/**
 * A noisy judge: {@code P(a preferred to b) = sigmoid(gold(a) - gold(b))} (Bradley and Terry, 1952). Because the judge
 * is noisy, no reward model can agree with all of its choices; the functions here tell how far one can come.
 */
public final class BradleyTerry {

  /**
   * The gold scores of a labelled pair.
   *
   * @param chosen gold score of the reply that the judge chose
   * @param rejected gold score of the other
   */
  public record GoldPair(double chosen, double rejected) {}

  private final RandomGenerator random;

  BradleyTerry(RandomGenerator random) {
    this.random = random;
  }

  /** Whether the judge prefers the first reply this time. */
  boolean prefersFirst(double goldFirst, double goldSecond) {
    return random.nextDouble() < probability(goldFirst, goldSecond);
  }

  static double probability(double goldFirst, double goldSecond) {
    return 1.0 / (1.0 + Math.exp(goldSecond - goldFirst));
  }

  /** The highest accuracy that any model can expect on such pairs: the mean of {@code max(p, 1 - p)}. */
  public static double bayesAccuracy(List<GoldPair> pairs) {
    return pairs.stream().mapToDouble(pair -> probability(pair.chosen(), pair.rejected()))
        .map(p -> Math.max(p, 1.0 - p)).average().orElseThrow();
  }

  /** How often the reply with the higher gold score was the chosen one; an equal score counts half. */
  static double goldAccuracy(List<GoldPair> pairs) {
    return pairs.stream().mapToDouble(pair -> 0.5 * (1.0 + Math.signum(pair.chosen() - pair.rejected()))).average()
        .orElseThrow();
  }
}
