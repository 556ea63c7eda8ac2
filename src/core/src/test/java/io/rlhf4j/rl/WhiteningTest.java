package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class WhiteningTest {

  @Test
  void momentsAreThoseOfTheWholeBatchAndBiased() {
    List<float[]> white = Whitening.whiten(List.of(new float[] {1, 2, 3}, new float[] {6}), false);

    // mean 3, biased variance (4 + 1 + 0 + 9) / 4 = 3.5, deviation 1.8708287; by sequence the 6 would become 0.
    assertThat(white.get(0))
        .containsExactly(new float[] {-1.0690450f, -0.5345225f, 0f}, within(1e-6f));
    assertThat(white.get(1)).containsExactly(new float[] {1.6035675f}, within(1e-6f));
  }

  @Test
  void splittingTheBatchIntoOtherSequencesChangesNothing() {
    float[] together = Whitening.whiten(List.of(new float[] {1, 2, 3, 6}), false).getFirst();
    List<float[]> apart = Whitening.whiten(List.of(new float[] {1}, new float[] {2, 3}, new float[] {6}), false);

    assertThat(apart.get(0)).containsExactly(together[0]);
    assertThat(apart.get(1)).containsExactly(together[1], together[2]);
    assertThat(apart.get(2)).containsExactly(together[3]);
  }

  @Test
  void aConstantBatchBecomesZeroAndTheInputStays() {
    float[] input = {4, 4};

    assertThat(Whitening.whiten(List.of(input), false).getFirst()).containsExactly(0, 0);
    assertThat(input).containsExactly(4, 4);
  }

  @Test
  void aLargeOffsetDoesNotEatTheVariance() {
    float[] white = Whitening.whiten(List.of(new float[] {10_000.5f, 10_001.5f}), false).getFirst();

    assertThat(white).containsExactly(-1f, 1f);
  }
}
