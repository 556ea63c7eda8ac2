package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExperienceMakerTest {

  private static final ExperienceOptions PLAIN =
      new ExperienceOptions(new KlController.Fixed(0.1), KlEstimator.K1, false, AdvantageOptions.gae(1, 1, false),
          RewardShaping.NONE);

  @Test
  void twoResponsesByHand() {
    ScoredRollout first = new ScoredRollout(Rollouts.rollout(0, FinishReason.STOP, -1f, -2f), 3,
        new float[] {-1, -2}, new float[] {-2, -1}, new float[] {0.5f, 1});
    ScoredRollout second = new ScoredRollout(Rollouts.rollout(1, FinishReason.LENGTH, -0.5f), -1,
        new float[] {-1}, new float[] {-3}, new float[] {0});

    ExperienceBatch batch = make(PLAIN, first, second);

    // Token rewards: (-0.1 * 1, 3 + 0.1 * 1) and (-1 - 0.1 * 2).
    assertThat(batch.experiences().get(0).returns()).containsExactly(new float[] {3, 3.1f}, within(1e-6f));
    assertThat(batch.experiences().get(0).advantages()).containsExactly(new float[] {2.5f, 2.1f}, within(1e-6f));
    assertThat(batch.experiences().get(1).returns()).containsExactly(new float[] {-1.2f}, within(1e-6f));
    assertThat(batch.metrics()).containsEntry("score_mean", 1.0).containsEntry("score_std", 2.0)
        .containsEntry("kl", 1.0).containsEntry("response_length", 1.5).containsEntry("eos_rate", 0.5)
        .containsEntry("behaviour_gap_max", 0.5);
    assertThat(batch.metrics().get("rlhf_reward")).isCloseTo((3.0 - 1.2) / 2, within(1e-6));
    assertThat(batch.metrics().keySet()).startsWith("score_mean", "score_std");
  }

  @Test
  void aCutResponseIsPaidByPolicyAfterTheClip() {
    ExperienceOptions penalise = withMissingEos(new MissingEos.Penalise(2));
    ExperienceOptions replace = withMissingEos(new MissingEos.Replace(-1));

    // Score 50, clip 5; a penalty before the clip would be lost.
    assertThat(firstReturn(PLAIN, 50, FinishReason.LENGTH)).isEqualTo(50);
    assertThat(firstReturn(penalise, 50, FinishReason.STOP)).isEqualTo(5);
    assertThat(firstReturn(penalise, 50, FinishReason.LENGTH)).isEqualTo(3);
    assertThat(firstReturn(replace, 50, FinishReason.STOP)).isEqualTo(5);
    assertThat(firstReturn(replace, 50, FinishReason.LENGTH)).isEqualTo(-1);
    assertThat(firstReturn(penalise, -50, FinishReason.LENGTH)).isEqualTo(-7);
  }

  @Test
  void normalisedScoresUseTheMomentsOfEarlierIterationsToo() {
    ExperienceOptions options =
        new ExperienceOptions(new KlController.Fixed(0), KlEstimator.K1, false, AdvantageOptions.gae(1, 1, false),
            new RewardShaping(null, true, new MissingEos.Keep()));
    ExperienceMaker maker = new ExperienceMaker(options);
    maker.make(0, List.of(single(0, 1), single(1, 2), single(2, 3)));

    ExperienceBatch batch = new ExperienceMaker(options, maker.state()).make(1, List.of(single(3, 6)));

    assertThat(batch.experiences().getFirst().returns()[0]).isCloseTo(1.6035675f, within(1e-6f));
    assertThat(batch.metrics()).containsEntry("score_mean", 6.0);
  }

  @Test
  void aFailedCallLeavesTheState() {
    ExperienceMaker maker = new ExperienceMaker(PLAIN);
    ShapingState before = maker.state();

    assertThatThrownBy(() -> maker.make(0, List.of(single(0, 1), single(1, Float.NaN))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(maker.state()).isEqualTo(before);
  }

  @Test
  void theAdaptiveControllerSeesTheKlOfTheSequences() {
    ExperienceOptions options =
        new ExperienceOptions(new KlController.Adaptive(0.1, 6, 100), KlEstimator.K2, false,
            AdvantageOptions.gae(1, 1, false),
            RewardShaping.NONE);
    ScoredRollout wide = new ScoredRollout(Rollouts.rollout(0, FinishReason.STOP, -1, -1, -1), 0,
        new float[] {-1, -1, -1}, new float[] {-4, -4, -4}, new float[3]);

    ExperienceMaker maker = new ExperienceMaker(options);
    maker.make(0, List.of(wide));

    // Sequence KL 9, 50 % above the target, capped at 20 %, one sequence of 100: 0.1 * 1.002.
    assertThat(maker.state().kl().coefficient()).isCloseTo(0.1002, within(1e-12));
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
  void numbersThatAreNotFiniteAreRefusedWithTheRollout(float bad) {
    String key = "rollout RolloutKey[step=3, promptId=7, sampleIndex=0, policyVersion=3]: ";
    assertRefused(bad, -1, -1, -1, 0, key + "score is " + bad + ", must be finite");
    assertRefused(0, bad, -1, -1, 0, key + "behaviour log-prob of action 1 is " + bad + ", must be finite");
    assertRefused(0, -1, bad, -1, 0, key + "policy log-prob of action 1 is " + bad + ", must be finite");
    assertRefused(0, -1, -1, bad, 0, key + "reference log-prob of action 1 is " + bad + ", must be finite");
    assertRefused(0, -1, -1, -1, bad, key + "value of action 1 is " + bad + ", must be finite");
  }

  @Test
  void aRolloutThatArrivedTwiceIsRefused() {
    assertThatThrownBy(() -> make(PLAIN, single(7, 1), single(7, 1))).hasMessageContaining("promptId=7")
        .hasMessageEndingWith("is in the batch twice");
    assertThatThrownBy(() -> make(PLAIN)).hasMessage("no rollouts to make experience from");
  }

  private static void assertRefused(float score, float behaviour, float policy, float reference, float value,
      String message) {
    ScoredRollout scored = new ScoredRollout(Rollouts.rollout(7, FinishReason.STOP, -1, behaviour), score,
        new float[] {-1, policy}, new float[] {-1, reference}, new float[] {0, value});
    assertThatThrownBy(() -> make(PLAIN, scored)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
  }

  private static ExperienceBatch make(ExperienceOptions options, ScoredRollout... rollouts) {
    return new ExperienceMaker(options).make(0, List.of(rollouts));
  }

  private static ExperienceOptions withMissingEos(MissingEos missing) {
    return new ExperienceOptions(new KlController.Fixed(0.1), KlEstimator.K1, false, AdvantageOptions.gae(1, 1, false),
        new RewardShaping(5.0, false, missing));
  }

  private static float firstReturn(ExperienceOptions options, float score, FinishReason finish) {
    ScoredRollout scored = new ScoredRollout(Rollouts.rollout(0, finish, -1), score, new float[] {-1},
        new float[] {-1}, new float[1]);
    return make(options, scored).experiences().getFirst().returns()[0];
  }

  private static ScoredRollout single(long promptId, float score) {
    return new ScoredRollout(Rollouts.rollout(promptId, FinishReason.STOP, -1), score, new float[] {-1},
        new float[] {-1.3f}, new float[] {0.2f * promptId});
  }
}
