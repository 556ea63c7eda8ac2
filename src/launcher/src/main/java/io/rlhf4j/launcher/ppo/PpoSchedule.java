package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.SamplingOptions;

/**
 * How long and how.
 *
 * @param iterations rounds of sampling, scoring and learning
 * @param sampling how responses are drawn
 * @param scoreBatchSize rollouts that are scored in one call
 * @param evalEvery iterations between evaluations; 0 evaluates only before the first and after the last
 */
public record PpoSchedule(int iterations, SamplingOptions sampling, int scoreBatchSize, int evalEvery) {

  public PpoSchedule {
    if (iterations < 0 || scoreBatchSize < 1 || evalEvery < 0) {
      throw new IllegalArgumentException("iterations " + iterations + ", scoreBatchSize " + scoreBatchSize
          + " or evalEvery " + evalEvery + " is out of range");
    }
  }

  /** Whether there is an evaluation after this many finished iterations. */
  public boolean evaluatesAfter(int finished) {
    return finished == 0 || finished == iterations || evalEvery > 0 && finished % evalEvery == 0;
  }
}
