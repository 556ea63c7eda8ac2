package io.rlhf4j.launcher.flywheel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class VerdictTest {

  @Test
  void aRoundIsKeptIfTheMeanRisesByMoreThanItsError() {
    // Mean 0.5; squares about it 0.25 * 4 = 1, so the error is sqrt(1 / 3 / 4) = 0.2887.
    Verdict verdict = Verdict.of(new double[] {1, 0, 1, 0}, 0, 1);
    assertThat(verdict.gain()).isEqualTo(0.5);
    assertThat(verdict.error()).isCloseTo(0.288675, within(1e-6));
    assertThat(verdict.kept()).isTrue();
    assertThat(Verdict.of(new double[] {1, 0, 1, 0}, 0, 2).kept()).isFalse();
    assertThat(Verdict.of(new double[] {1, 0, 1, 0}, 0.5, 1).kept()).isFalse();
    assertThat(Verdict.of(new double[] {0, 0, 0}, 0, 0).kept()).isFalse();
  }

  @Test
  void whereNothingCanBeSaidNothingIsGained() {
    Verdict verdict = Verdict.of(new double[] {1, Double.NaN, 1, Double.NaN}, 0, 1);
    assertThat(verdict.gain()).isEqualTo(0.5);
    assertThat(verdict.undecided()).isEqualTo(2);
    assertThat(Verdict.of(new double[] {Double.NaN}, 0, 0).kept()).isFalse();
  }
}
