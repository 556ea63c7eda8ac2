package io.rlhf4j.launcher.bench;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * Medians over the rounds of one measurement.
 *
 * @param rounds how often it ran
 * @param tokensPerSecond that came out
 * @param fractionOfLimit the shortest time that the machine's limits, measured right before each round, allow, as a
 *     share of the time it took; near 1 nothing is left to gain
 */
record Measured(int rounds, double tokensPerSecond, double fractionOfLimit) {

  /** One round. */
  record Round(double tokens, double seconds, double limitSeconds) {}

  static Measured of(List<Round> rounds) {
    return new Measured(rounds.size(), median(rounds, round -> round.tokens() / round.seconds()),
        median(rounds, round -> round.limitSeconds() / round.seconds()));
  }

  static <T> double median(List<T> values, ToDoubleFunction<T> of) {
    double[] sorted = values.stream().mapToDouble(of).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
