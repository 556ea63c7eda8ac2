package io.rlhf4j.rl;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LossAggregationTest {

  /** Two responses with losses (1, 3) and (8), at most four tokens. */
  private static final float[][] LOSSES = {{1, 3}, {8}};

  @Test
  void twoResponsesByHand() {
    assertThat(aggregate(LossAggregation.TOKEN_MEAN)).isEqualTo(12 / 3.0);
    assertThat(aggregate(LossAggregation.SEQUENCE_MEAN)).isEqualTo((2 + 8) / 2.0);
    assertThat(aggregate(LossAggregation.CONSTANT)).isEqualTo(12 / 8.0);
  }

  @Test
  void nothingIsDividedByZero() {
    for (LossAggregation aggregation : LossAggregation.values()) {
      assertThat(aggregation.denominator(0, 0, 16)).isEqualTo(1);
    }
  }

  @Test
  void importanceWeightsAreCapped() {
    float[] weights =
        ImportanceWeights.truncated(new float[] {-1, -1, -1}, new float[] {-1, -5, (float) (-1 + Math.log(2))},
            2);
    assertThat(weights).containsExactly(1, 2, 0.5f);
  }

  private static double aggregate(LossAggregation aggregation) {
    double sum = 0;
    for (float[] response : LOSSES) {
      for (float loss : response) {
        sum += aggregation.weight(response.length) * loss;
      }
    }
    return sum / aggregation.denominator(2, 3, 4);
  }
}
