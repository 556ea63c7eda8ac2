package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RewardNormalizerTest {

  @Test
  void momentsRunOverBatches() {
    RewardNormalizer twice = RewardNormalizer.EMPTY.observe(new float[] {1, 2, 3}).observe(new float[] {6});

    assertThat(twice.seen().count()).isEqualTo(4);
    assertThat(twice.seen().mean()).isCloseTo(3, within(1e-12));
    assertThat(twice.seen().variance()).isCloseTo(3.5, within(1e-12));
    assertThat(twice.normalize(6)).isCloseTo(1.6035675f, within(1e-6f));
  }

  @Test
  void anUntrainedNormalizerRefusesInsteadOfPassingScoresThrough() {
    assertThatThrownBy(() -> RewardNormalizer.EMPTY.normalize(1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void oneScoreBecomesZero() {
    assertThat(RewardNormalizer.EMPTY.observe(new float[] {5}).normalize(5)).isZero();
  }
}
