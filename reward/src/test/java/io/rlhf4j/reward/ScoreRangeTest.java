package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ScoreRangeTest {

  @Test
  void scoresAreFoundByTheirRank() {
    List<PairScores> scores = List.of(new PairScores(-1.5, 7), new PairScores(0.0, -0.0), new PairScores(1e-300, -8),
        new PairScores(7, 7.000001));
    double[] sorted = {-8, -1.5, -0.0, 0.0, 1e-300, 7, 7, 7.000001};
    for (int rank = 0; rank < sorted.length; rank++) {
      assertThat(Double.doubleToLongBits(ScoreRange.nth(scores, rank)))
          .isEqualTo(Double.doubleToLongBits(sorted[rank]));
    }
  }

  @Test
  void manyScoresHaveTheQuantilesOfTheirDistribution() {
    // More than are sorted: 0 to 99,999 in mixed order.
    List<PairScores> scores = ScoreList.made(50_000, pair -> {
      int mixed = pair * 7919 % 50_000;
      return new PairScores(mixed, 50_000 + mixed);
    });
    ScoreRange range = ScoreRange.of(scores);
    assertThat(range.min()).isZero();
    assertThat(range.low()).isCloseTo(9_999.9, within(1e-6));
    assertThat(range.median()).isEqualTo(49_999.5);
    assertThat(range.high()).isCloseTo(89_999.1, within(1e-6));
    assertThat(range.max()).isEqualTo(99_999);
  }
}
