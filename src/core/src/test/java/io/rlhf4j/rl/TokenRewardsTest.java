package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TokenRewardsTest {

  @Test
  void scoreIsPaidAtTheLastActionTogetherWithItsKl() {
    float[] rewards = TokenRewards.shape(new float[] {0.5f, -0.2f, 0.1f, 0.4f}, 0.1, 2f);

    // Off by one in either direction changes the last two entries.
    assertThat(rewards).containsExactly(new float[] {-0.05f, 0.02f, -0.01f, 1.96f}, within(1e-7f));
  }

  @Test
  void oneActionGetsBoth() {
    assertThat(TokenRewards.shape(new float[] {0.5f}, 0.1, 2f)).containsExactly(new float[] {1.95f}, within(1e-7f));
  }
}
