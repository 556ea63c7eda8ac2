package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
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
    // More than are sorted: 0 to 199,999 in any order, halves of a pair anywhere.
    int[] order = new Random(3).ints(0, 100_000).distinct().limit(100_000).toArray();
    List<PairScores> scores = ScoreList.made(100_000, pair -> new PairScores(order[pair], 100_000 + order[pair]));
    ScoreRange range = ScoreRange.of(scores);
    assertThat(range.min()).isZero();
    assertThat(range.low()).isCloseTo(19_999.9, within(1e-6));
    assertThat(range.median()).isEqualTo(99_999.5);
    assertThat(range.high()).isCloseTo(179_999.1, within(1e-6));
    assertThat(range.max()).isEqualTo(199_999);
  }
}
