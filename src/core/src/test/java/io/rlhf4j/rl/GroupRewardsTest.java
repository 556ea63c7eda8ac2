package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GroupRewardsTest {

  private static final float[] REWARDS = {1, 2, 6};

  @Test
  void threeResponsesByHand() {
    // Means of the others: (2 + 6) / 2, (1 + 6) / 2, (1 + 2) / 2.
    assertThat(compare(AdvantageEstimator.RLOO)).containsExactly(new float[] {-3, -1.5f, 4.5f}, within(1e-6f));
    // Mean 3, unbiased variance (4 + 1 + 9) / 2 = 7.
    assertThat(compare(AdvantageEstimator.DR_GRPO)).containsExactly(-2, -1, 3);
    assertThat(compare(AdvantageEstimator.REINFORCE_BASELINE)).containsExactly(-2, -1, 3);
    assertThat(compare(AdvantageEstimator.GROUP_NORM)).containsExactly(new float[] {-2 / 2.6457513f, -1 / 2.6457513f,
        3 / 2.6457513f}, within(1e-6f));
    assertThat(compare(AdvantageEstimator.REINFORCE)).containsExactly(REWARDS);
    assertThat(compare(AdvantageEstimator.GAE)).containsExactly(REWARDS);
  }

  @Test
  void theEpsilonIsAddedToTheDeviation() {
    assertThat(GroupRewards.compare(AdvantageEstimator.GROUP_NORM, new float[] {-1, 1}, 0.5)[1])
        .isCloseTo((float) (1 / (Math.sqrt(2) + 0.5)), within(1e-6f));
  }

  @Test
  void equalRewardsTeachNothing() {
    float[] equal = {0.1f, 0.1f, 0.1f, 0.1f, 0.1f};
    assertThat(GroupRewards.compare(AdvantageEstimator.GROUP_NORM, equal, 1e-9)).containsOnly(0);
    assertThat(GroupRewards.compare(AdvantageEstimator.RLOO, equal, 0)).containsOnly(0);
  }

  @ParameterizedTest
  @EnumSource
  void aSingleResponseHasNothingToBeComparedWith(AdvantageEstimator estimator) {
    if (estimator.comparesResponses()) {
      assertThatThrownBy(() -> GroupRewards.compare(estimator, new float[] {1}, 0))
          .hasMessage(estimator.yamlName() + " needs at least two responses to a prompt, not 1");
    } else {
      assertThat(GroupRewards.compare(estimator, new float[] {1}, 0)).containsExactly(1);
    }
  }

  @Test
  void returnsAddUpWhatIsStillToCome() {
    assertThat(DiscountedReturns.of(new float[] {1, 2, 4}, 1)).containsExactly(7, 6, 4);
    assertThat(DiscountedReturns.of(new float[] {1, 2, 4}, 0.5)).containsExactly(3, 4, 4);
    assertThat(DiscountedReturns.of(new float[0], 1)).isEmpty();
  }

  private static float[] compare(AdvantageEstimator estimator) {
    return GroupRewards.compare(estimator, REWARDS, 0);
  }
}
