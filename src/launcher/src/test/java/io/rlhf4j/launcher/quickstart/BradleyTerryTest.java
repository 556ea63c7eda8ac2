package io.rlhf4j.launcher.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.launcher.quickstart.BradleyTerry.GoldPair;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BradleyTerryTest {

  @Test
  void probabilityIsTheSigmoidOfTheDifference() {
    assertThat(BradleyTerry.probability(2.0, 2.0)).isEqualTo(0.5);
    // sigmoid(ln 3) = 3 / 4
    assertThat(BradleyTerry.probability(Math.log(3.0), 0.0)).isCloseTo(0.75, within(1e-12));
    assertThat(BradleyTerry.probability(0.0, Math.log(3.0))).isCloseTo(0.25, within(1e-12));
  }

  @Test
  void bayesAccuracyIgnoresTheLabelAndGoldAccuracyCountsIt() {
    double d = Math.log(3.0);
    List<GoldPair> pairs = List.of(new GoldPair(d, 0.0), new GoldPair(0.0, d), new GoldPair(1.0, 1.0));

    assertThat(BradleyTerry.bayesAccuracy(pairs)).isCloseTo((0.75 + 0.75 + 0.5) / 3.0, within(1e-12));
    assertThat(BradleyTerry.goldAccuracy(pairs)).isCloseTo((1.0 + 0.0 + 0.5) / 3.0, within(1e-12));
  }

  @Test
  void choosesAsOftenAsTheProbabilitySays() {
    BradleyTerry judge = new BradleyTerry(new SplittableRandom(1));
    long first = IntStream.range(0, 20_000).filter(i -> judge.prefersFirst(Math.log(3.0), 0.0)).count();

    // The standard error is sqrt(0.75 * 0.25 / 20000) = 0.003.
    assertThat(first / 20_000.0).isCloseTo(0.75, within(0.012));
  }
}
