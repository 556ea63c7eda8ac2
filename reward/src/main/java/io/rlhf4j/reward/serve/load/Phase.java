package io.rlhf4j.reward.serve.load;

import java.util.Arrays;
import java.util.List;

/**
 * What the clients saw for some seconds.
 *
 * @param seconds how long
 * @param millis time of each answered request, ascending
 * @param wrong answers with another score than when asked alone
 * @param lost requests that should have been answered and were not
 * @param left requests that were abandoned on purpose
 * @param problem what happened to one of the lost; empty if there is none
 */
public record Phase(double seconds, double[] millis, long wrong, long lost, long left, String problem) {

  /** Answered requests in a second. */
  public double rate() {
    return millis.length / seconds;
  }

  /**
   * The time within which a share of the requests was answered, milliseconds; NaN without requests.
   *
   * @param share between 0 and 1
   */
  public double within(double share) {
    return millis.length == 0 ? Double.NaN
        : millis[Math.min(millis.length - 1, (int) Math.ceil(share * millis.length) - 1)];
  }

  /** Several phases as one. */
  static Phase together(List<Phase> phases) {
    return new Phase(phases.stream().mapToDouble(Phase::seconds).sum(),
        phases.stream().flatMapToDouble(phase -> Arrays.stream(phase.millis())).sorted().toArray(),
        phases.stream().mapToLong(Phase::wrong).sum(), phases.stream().mapToLong(Phase::lost).sum(),
        phases.stream().mapToLong(Phase::left).sum(),
        phases.stream().map(Phase::problem).filter(problem -> !problem.isEmpty()).findFirst().orElse(""));
  }
}
