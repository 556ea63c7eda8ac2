package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a cut, a long and a badly formed response is paid, and whether it is learned from. */
class RewardShapingTest {

  private static final RewardNormalizer UNUSED = RewardNormalizer.EMPTY;

  @Test
  void fourWaysToTreatACutResponse() {
    assertThat(paid(new MissingEos.Keep(), FinishReason.LENGTH)).isEqualTo(4);
    assertThat(paid(new MissingEos.Penalise(1), FinishReason.LENGTH)).isEqualTo(3);
    assertThat(paid(new MissingEos.Replace(-1), FinishReason.LENGTH)).isEqualTo(-1);
    assertThat(paid(new MissingEos.Scale(0.5f), FinishReason.LENGTH)).isEqualTo(2);
    for (MissingEos policy : List.of(new MissingEos.Penalise(1), new MissingEos.Replace(-1),
        new MissingEos.Scale(0.5f))) {
      assertThat(paid(policy, FinishReason.STOP)).isEqualTo(4);
      assertThat(paid(policy, FinishReason.STOP_STRING)).isEqualTo(4);
    }
  }

  @Test
  void theOverlongPenaltyGrowsOverItsBuffer() {
    OverlongPenalty overlong = new OverlongPenalty(10, 4, 2);

    assertThat(overlong.of(6)).isZero();
    assertThat(overlong.of(7)).isEqualTo(0.5);
    assertThat(overlong.of(9)).isEqualTo(1.5);
    assertThat(overlong.of(10)).isEqualTo(2);
    RewardShaping shaping = new RewardShaping(5.0, false, new MissingEos.Penalise(1), false, overlong, null);
    // 50, clipped to 5, minus 2 for 10 tokens, minus 1 for the missing EOS.
    assertThat(shaping.reward(scored(0, 50, FinishReason.LENGTH, 10), UNUSED)).isEqualTo(2);
  }

  @Test
  void aMaskedResponseIsComparedAndMeasuredButNotLearnedFrom() {
    RewardShaping mask = new RewardShaping(null, false, new MissingEos.Keep(), true, null, null);
    ExperienceOptions options = new ExperienceOptions(new KlController.Fixed(0), KlEstimator.K1, false,
        new AdvantageOptions(AdvantageEstimator.RLOO, 1, 1, false, false, 0), mask);

    ExperienceBatch batch = new ExperienceMaker(options).make(0, List.of(scored(0, 1, FinishReason.STOP, 1),
        scored(1, 4, FinishReason.LENGTH, 1), scored(2, 2, FinishReason.STOP, 1)));

    assertThat(batch.experiences()).extracting(one -> one.rollout().key().sampleIndex()).containsExactly(0, 2);
    assertThat(batch.experiences().getFirst().advantages()).containsExactly(1 - 3);
    assertThat(batch.experiences().getLast().advantages()).containsExactly(2 - 2.5f);
    assertThat(batch.metrics().get("masked_rate")).isCloseTo(1 / 3.0, within(1e-12));
    assertThat(batch.metrics().get("eos_rate")).isCloseTo(2 / 3.0, within(1e-12));
  }

  @Test
  void maskedResponsesDoNotEnterTheWhitening() {
    RewardShaping mask = new RewardShaping(null, false, new MissingEos.Keep(), true, null, null);
    ExperienceOptions options = new ExperienceOptions(new KlController.Fixed(0), KlEstimator.K1, false,
        new AdvantageOptions(AdvantageEstimator.REINFORCE, 1, 1, true, false, 0), mask);

    ExperienceBatch batch = new ExperienceMaker(options).make(0, List.of(scored(0, 1, FinishReason.STOP, 1),
        scored(1, 900, FinishReason.LENGTH, 1), scored(2, 3, FinishReason.STOP, 1)));

    assertThat(batch.experiences().getFirst().advantages()).containsExactly(-1);
    assertThat(batch.experiences().getLast().advantages()).containsExactly(1);
  }

  @Test
  void aBadlyFormedResponseIsPenalisedOrLeftOut() {
    ScoredRollout odd = scored(1, 4, FinishReason.STOP, 1);
    FormatRule penalise = new FormatRule(rollout -> rollout.key().sampleIndex() == 0, 3.0);
    FormatRule leaveOut = new FormatRule(rollout -> rollout.key().sampleIndex() == 0, null);

    assertThat(with(penalise).reward(odd, UNUSED)).isEqualTo(1);
    assertThat(with(penalise).keeps(odd.rollout())).isTrue();
    assertThat(with(leaveOut).reward(odd, UNUSED)).isEqualTo(4);
    assertThat(with(leaveOut).keeps(odd.rollout())).isFalse();
    assertThat(with(leaveOut).keeps(scored(0, 4, FinishReason.STOP, 1).rollout())).isTrue();
  }

  @Test
  void whenEverythingIsMaskedTheBatchIsEmpty() {
    RewardShaping mask = new RewardShaping(null, false, new MissingEos.Keep(), true, null, null);
    ExperienceOptions options = new ExperienceOptions(new KlController.Fixed(0), KlEstimator.K1, false,
        AdvantageOptions.gae(1, 1, true), mask);
    ScoredRollout cut = new ScoredRollout(Rollouts.rollout(0, FinishReason.LENGTH, -1), 1, new float[] {-1},
        new float[] {-1}, new float[1]);

    ExperienceBatch batch = new ExperienceMaker(options).make(0, List.of(cut));

    assertThat(batch.experiences()).isEmpty();
    assertThat(batch.metrics()).containsEntry("masked_rate", 1.0);
  }

  private static RewardShaping with(FormatRule rule) {
    return new RewardShaping(null, false, new MissingEos.Keep(), false, null, rule);
  }

  private static float paid(MissingEos policy, FinishReason finish) {
    return new RewardShaping(null, false, policy).reward(scored(0, 4, finish, 1), UNUSED);
  }

  private static ScoredRollout scored(int sample, float score, FinishReason finish, int length) {
    Rollout rollout = new Rollout(new RolloutKey(0, 7, sample, 0), new int[] {1}, new int[length], new float[length],
        finish);
    return new ScoredRollout(rollout, score, new float[length], new float[length], new float[0]);
  }
}
