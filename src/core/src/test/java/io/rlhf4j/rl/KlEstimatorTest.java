package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class KlEstimatorTest {

  @Test
  void valuesByHand() {
    // l = -1 - (-1.5) = 0.5: k1 = 0.5, k2 = 0.125, k3 = e^-0.5 - 1 + 0.5 = 0.1065307
    assertThat(KlEstimator.K1.estimate(-1f, -1.5f)).isEqualTo(0.5f);
    assertThat(KlEstimator.K2.estimate(-1f, -1.5f)).isEqualTo(0.125f);
    assertThat(KlEstimator.K3.estimate(-1f, -1.5f)).isCloseTo(0.1065307f, within(1e-7f));
    // The sign of l tells k1 from its mirror image: the reference likes this token more.
    assertThat(KlEstimator.K1.estimate(-1.5f, -1f)).isEqualTo(-0.5f);
    assertThat(KlEstimator.K3.estimate(-1.5f, -1f)).isCloseTo(0.1487213f, within(1e-7f));
  }

  @Test
  void everyEstimateIsLimited() {
    assertThat(KlEstimator.K1.estimate(-0.1f, -50f)).isEqualTo(10f);
    assertThat(KlEstimator.K1.estimate(-50f, -0.1f)).isEqualTo(-10f);
    assertThat(KlEstimator.K2.estimate(-50f, -0.1f)).isEqualTo(10f);
    assertThat(KlEstimator.K3.estimate(-900f, -0.1f)).isEqualTo(10f);
    assertThat(KlEstimator.K1.estimate(-50f, -0.5f, 3)).isEqualTo(-3f);
    assertThat(KlEstimator.K1.estimate(-50f, -0.5f, Double.POSITIVE_INFINITY)).isEqualTo(-49.5f);
  }

  @Test
  void k2AndK3AreNeverNegativeAndK1AndK3AreUnbiased() {
    // Tokens drawn from p = (0.7, 0.3) against q = (0.4, 0.6): KL = 0.7 ln(7/4) + 0.3 ln(1/2) = 0.1837868
    Random random = new Random(5);
    int draws = 200_000;
    double k1 = 0;
    double k3 = 0;
    for (int i = 0; i < draws; i++) {
      boolean first = random.nextDouble() < 0.7;
      float p = (float) Math.log(first ? 0.7 : 0.3);
      float q = (float) Math.log(first ? 0.4 : 0.6);
      assertThat(KlEstimator.K2.estimate(p, q)).isNotNegative();
      assertThat(KlEstimator.K3.estimate(p, q)).isNotNegative();
      k1 += KlEstimator.K1.estimate(p, q);
      k3 += KlEstimator.K3.estimate(p, q);
    }
    assertThat(k1 / draws).isCloseTo(0.1837868, within(5e-3));
    assertThat(k3 / draws).isCloseTo(0.1837868, within(5e-3));
  }

  @Test
  void smallDifferencesKeepTheirDigits() {
    // exp(-l) - 1 in float64 without expm1 would lose most of l^2 / 2 = 5e-13.
    assertThat(KlEstimator.K3.estimate(-1e-6f, 0f)).isCloseTo(5e-13f, within(1e-17f));
  }

  @Test
  void arraysMustMatch() {
    assertThatThrownBy(() -> KlEstimator.K1.estimate(new float[2], new float[3], 10))
        .hasMessage("2 policy log-probs but 3 reference log-probs");
  }
}
