package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GeneralizedAdvantageTest {

  @Test
  void fourActionsByHand() {
    float[] rewards = {-0.1f, -0.1f, -0.1f, 0.9f};
    float[] values = {0.5f, 0.4f, 0.3f, 0.2f};

    GeneralizedAdvantage gae = GeneralizedAdvantage.estimate(rewards, values, 0.9, 0.5);

    // A3 = 0.9 + 0.9 * 0 - 0.2                 = 0.7        (value after the last action is 0)
    // A2 = -0.1 + 0.9 * 0.2 - 0.3 + 0.45 * A3  = 0.095
    // A1 = -0.1 + 0.9 * 0.3 - 0.4 + 0.45 * A2  = -0.18725
    // A0 = -0.1 + 0.9 * 0.4 - 0.5 + 0.45 * A1  = -0.3242625
    assertThat(gae.advantages())
        .containsExactly(new float[] {-0.3242625f, -0.18725f, 0.095f, 0.7f}, within(1e-6f));
    assertThat(gae.returns()).containsExactly(new float[] {0.1757375f, 0.21275f, 0.395f, 0.9f}, within(1e-6f));
  }

  @Test
  void withGammaAndLambdaOneTheReturnIsTheRewardToGo() {
    GeneralizedAdvantage gae =
        GeneralizedAdvantage.estimate(new float[] {-1, -2, 7}, new float[] {10, 20, 30}, 1, 1);

    assertThat(gae.returns()).containsExactly(4, 5, 7);
    assertThat(gae.advantages()).containsExactly(-6, -15, -23);
  }

  @Test
  void withLambdaZeroTheAdvantageIsTheTemporalDifference() {
    GeneralizedAdvantage gae = GeneralizedAdvantage.estimate(new float[] {1, 2}, new float[] {3, 5}, 1, 0);

    assertThat(gae.advantages()).containsExactly(3, -3);
  }

  @Test
  void arraysMustMatch() {
    assertThatThrownBy(() -> GeneralizedAdvantage.estimate(new float[2], new float[1], 1, 1))
        .hasMessage("2 rewards but 1 values");
  }
}
