package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Two prompts, two responses each, two or one actions, computed by hand. */
class EstimatorsWithoutCriticTest {

  /** KL of the only or second action: 1, 0, 0, 0; scores 4 and 2, 5 and 5. */
  private static final List<ScoredRollout> BATCH = List.of(scored(0, 0, 4, 0, 1), scored(0, 1, 2, 0),
      scored(1, 0, 5, 0), scored(1, 1, 5, 0));

  @Test
  void leaveOneOutComparesWithTheOtherResponseAndTheKlIsPaidByToken() {
    ExperienceBatch batch = make(AdvantageEstimator.RLOO, false);

    // 4 - 2 at the last action, minus 0.5 * 1 there.
    assertThat(batch.experiences().get(0).advantages()).containsExactly(1.5f, 1.5f);
    assertThat(batch.experiences().get(1).advantages()).containsExactly(-2);
    assertThat(batch.experiences().get(2).advantages()).containsExactly(0);
    assertThat(batch.experiences()).allSatisfy(one -> {
      assertThat(one.oldValues()).isEmpty();
      assertThat(one.returns()).isEmpty();
    });
    assertThat(batch.metrics()).containsEntry("reward_mean", 4.0).containsEntry("rlhf_reward", 4.0 - 0.5 / 4)
        .doesNotContainKeys("value_mean", "explained_variance");
  }

  @Test
  void groupNormDividesByTheDeviationOfTheGroup() {
    ExperienceBatch batch = make(AdvantageEstimator.GROUP_NORM, false);

    float scaled = (float) Math.sqrt(0.5);
    assertThat(batch.experiences().get(0).advantages()).containsExactly(new float[] {scaled - 0.5f, scaled - 0.5f},
        within(1e-6f));
    assertThat(batch.experiences().get(1).advantages()).containsExactly(new float[] {-scaled}, within(1e-6f));
    assertThat(batch.experiences().get(3).advantages()).containsExactly(0);
  }

  @Test
  void reinforceWhitensItsReturnsOverAllActions() {
    ExperienceBatch batch = make(AdvantageEstimator.REINFORCE, true);

    // Returns 3.5, 3.5, 2, 5, 5: mean 3.8, variance (0.09 + 0.09 + 3.24 + 1.44 + 1.44) / 5 = 1.26.
    assertThat(batch.experiences().get(0).advantages()[0]).isCloseTo((float) (-0.3 / Math.sqrt(1.26)), within(1e-6f));
    assertThat(batch.experiences().get(1).advantages()[0]).isCloseTo((float) (-1.8 / Math.sqrt(1.26)), within(1e-6f));
    assertThat(batch.experiences().get(2).advantages()[0]).isCloseTo((float) (1.2 / Math.sqrt(1.26)), within(1e-6f));
  }

  @Test
  void theCriticIsMissedOnlyByGae() {
    assertThatThrownBy(() -> make(AdvantageEstimator.GAE, true)).hasMessageEndingWith("has no values");
    assertThatThrownBy(() -> new ExperienceMaker(options(AdvantageEstimator.RLOO, false)).make(0,
        List.of(BATCH.get(0), BATCH.get(1), BATCH.get(2)))).hasMessageContaining("at least two responses");
  }

  private static ExperienceBatch make(AdvantageEstimator estimator, boolean whiten) {
    return new ExperienceMaker(options(estimator, whiten)).make(0, BATCH);
  }

  private static ExperienceOptions options(AdvantageEstimator estimator, boolean whiten) {
    return new ExperienceOptions(new KlController.Fixed(0.5), KlEstimator.K1, false,
        new AdvantageOptions(estimator, 1, 1, whiten, false, 1e-9), RewardShaping.NONE);
  }

  private static ScoredRollout scored(long prompt, int sample, float score, float... kl) {
    int n = kl.length;
    float[] reference = new float[n];
    float[] policy = new float[n];
    for (int t = 0; t < n; t++) {
      policy[t] = -1;
      reference[t] = -1 - kl[t];
    }
    Rollout rollout = new Rollout(new RolloutKey(0, prompt, sample, 0), new int[] {1}, new int[n], policy,
        FinishReason.STOP);
    return new ScoredRollout(rollout, score, policy, reference, new float[0]);
  }
}
