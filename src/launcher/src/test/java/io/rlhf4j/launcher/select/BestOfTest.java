package io.rlhf4j.launcher.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BestOfTest {

  private static final double[] REWARDS = {0.5, 2, -1, 1};
  private static final double[] VALUES = {10, 40, 0, 20};

  @Test
  void handComputedSubsets() {
    assertThat(BestOf.estimate(REWARDS, VALUES, 1)).isCloseTo(17.5, within(1e-12));
    // Pairs: with the second (3 of 6) 40, then the fourth (2 of 6) 20, then the first (1 of 6) 10.
    assertThat(BestOf.estimate(REWARDS, VALUES, 2)).isCloseTo((3 * 40 + 2 * 20 + 10) / 6.0, within(1e-12));
    assertThat(BestOf.estimate(REWARDS, VALUES, 3)).isCloseTo((3 * 40 + 20) / 4.0, within(1e-12));
    assertThat(BestOf.estimate(REWARDS, VALUES, 4)).isCloseTo(40, within(1e-12));
    assertThatThrownBy(() -> BestOf.estimate(REWARDS, VALUES, 5)).hasMessageContaining("best of 5 among 4");
  }

  @Test
  void theEstimateIsTheMeanOfManyMeasurements() {
    Random random = new Random(4);
    double estimated = 0;
    double measured = 0;
    int trials = 20_000;
    for (int trial = 0; trial < trials; trial++) {
      double[] rewards = random.doubles(12).toArray();
      double[] values = new double[12];
      for (int i = 0; i < 12; i++) {
        values[i] = rewards[i] * rewards[i] + random.nextDouble();
      }
      estimated += BestOf.estimate(rewards, values, 4) / trials;
      measured += BestOf.measured(rewards, values, 5, 9) / trials;
    }
    assertThat(estimated).isCloseTo(measured, within(0.01));
  }
}
