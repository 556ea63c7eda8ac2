package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class KlControllerTest {

  @Test
  void fixedStays() {
    assertThat(new KlController.Fixed(0.05).next(99, 512).coefficient()).isEqualTo(0.05);
  }

  @Test
  void adaptiveMovesAgainstTheError() {
    KlController start = new KlController.Adaptive(0.15, 6, 10_000);
    // 6.6 / 6 - 1 = 0.1; 0.15 * (1 + 0.1 * 500 / 10000) = 0.15075
    assertThat(start.next(6.6, 500).coefficient()).isCloseTo(0.15075, within(1e-12));
    assertThat(start.next(5.4, 500).coefficient()).isCloseTo(0.14925, within(1e-12));
    assertThat(start.next(6, 500).coefficient()).isEqualTo(0.15);
  }

  @Test
  void errorIsCappedAtTwentyPercent() {
    KlController start = new KlController.Adaptive(0.1, 6, 1000);
    assertThat(start.next(600, 1000).coefficient()).isCloseTo(0.12, within(1e-12));
    assertThat(start.next(-600, 1000).coefficient()).isCloseTo(0.08, within(1e-12));
  }

  @Test
  void coefficientNeverTurnsNegative() {
    assertThat(new KlController.Adaptive(0.1, 6, 10).next(0, 1000).coefficient()).isZero();
  }

  @Test
  void wrongNumbersAreRefused() {
    assertThatThrownBy(() -> new KlController.Fixed(-1)).hasMessageContaining("KL coefficient is -1.0");
    assertThatThrownBy(() -> new KlController.Fixed(Double.NaN)).hasMessageContaining("NaN");
    assertThatThrownBy(() -> new KlController.Adaptive(0.1, 0, 10)).hasMessageContaining("positive target");
  }
}
