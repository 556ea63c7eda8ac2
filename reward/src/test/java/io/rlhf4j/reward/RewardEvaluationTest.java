package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class RewardEvaluationTest {

  @Test
  void countsExactlyAndATieIsWrong() {
    RewardEvaluation evaluation = RewardEvaluation.of(List.of(new PairScores(2, 1), new PairScores(0, 0),
        new PairScores(-1, 3), new PairScores(5, 4)));

    assertThat(evaluation.pairs()).isEqualTo(4);
    assertThat(evaluation.correct()).isEqualTo(2);
    assertThat(evaluation.ties()).isEqualTo(1);
    assertThat(evaluation.accuracy()).isEqualTo(new Proportion(2, 4));
    // Chosen 2, 0, -1, 5; rejected 1, 0, 3, 4.
    assertThat(evaluation.chosenMean()).isEqualTo(1.5);
    assertThat(evaluation.rejectedMean()).isEqualTo(2.0);
    assertThat(evaluation.margin()).isEqualTo(-0.5);
    assertThat(evaluation.scoreMean()).isEqualTo(1.75);
    // Squared distances from 1.75 sum to 31.5; divided by 8 - 1.
    assertThat(evaluation.scoreStd()).isCloseTo(Math.sqrt(31.5 / 7), within(1e-12));
  }

  @Test
  void scoresLieBetweenTheirQuantiles() {
    ScoreRange range = RewardEvaluation.of(List.of(new PairScores(2, 1), new PairScores(0, 0),
        new PairScores(-1, 3), new PairScores(5, 4))).range();

    // Sorted: -1 0 0 1 2 3 4 5. Positions of the quantiles: 0.7, 3.5 and 6.3.
    assertThat(range.min()).isEqualTo(-1);
    assertThat(range.low()).isCloseTo(-0.3, within(1e-12));
    assertThat(range.median()).isEqualTo(1.5);
    assertThat(range.high()).isCloseTo(4.3, within(1e-12));
    assertThat(range.max()).isEqualTo(5);
    assertThat(RewardEvaluation.of(List.of(new PairScores(3, 3))).range()).isEqualTo(new ScoreRange(3, 3, 3, 3, 3));
  }

  @Test
  void scoresAreCountedInTenBins() {
    // From -1 to 9 in bins of width 1; an edge belongs to the bin above it, the last one to the last bin.
    ScoreHistogram histogram = RewardEvaluation.of(List.of(new PairScores(9, -1), new PairScores(0, 0.5),
        new PairScores(4.5, 8.5), new PairScores(-0.5, -0.9))).histogram();
    assertThat(histogram.chosen()).containsExactly(1, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    assertThat(histogram.rejected()).containsExactly(2, 1, 0, 0, 0, 0, 0, 0, 0, 1);
    assertThat(histogram.edge(3)).isCloseTo(2, within(1e-12));
    assertThat(RewardEvaluation.of(List.of(new PairScores(3, 3))).histogram().chosen())
        .containsExactly(1, 0, 0, 0, 0, 0, 0, 0, 0, 0);
  }

  @Test
  void equalScoresKeepAUsableDeviation() {
    assertThat(RewardEvaluation.of(List.of(new PairScores(3, 3))).scoreStd()).isEqualTo(1e-8);
  }

  @Test
  void intervalIsWilsons() {
    // statsmodels.stats.proportion.proportion_confint(8, 10, method="wilson")
    Proportion share = new Proportion(8, 10);
    assertThat(share.low()).isCloseTo(0.4901625, within(1e-6));
    assertThat(share.high()).isCloseTo(0.9433178, within(1e-6));
    assertThat(share).hasToString("80.0 % [49.0, 94.3]");
  }

  @Test
  void intervalStaysWithinZeroAndOne() {
    assertThat(new Proportion(0, 5).low()).isCloseTo(0, within(1e-12));
    assertThat(new Proportion(0, 5).high()).isBetween(0.4, 0.5);
    assertThat(new Proportion(5, 5).high()).isCloseTo(1, within(1e-12));
    assertThatThrownBy(() -> new Proportion(0, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
