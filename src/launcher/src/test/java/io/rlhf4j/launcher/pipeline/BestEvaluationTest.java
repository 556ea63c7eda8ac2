package io.rlhf4j.launcher.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BestEvaluationTest {

  private static final OptionalDouble NO_JUDGE = OptionalDouble.empty();

  @Test
  void goldDecidesWhereThereIsAJudge() {
    BestEvaluation first = BestEvaluation.of(0, evaluation(OptionalDouble.of(0.5), 3));
    assertThat(first).isEqualTo(new BestEvaluation(0, 0.5));
    assertThat(first.isBeatenBy(evaluation(OptionalDouble.of(0.75), 1))).isTrue();
    assertThat(first.isBeatenBy(evaluation(OptionalDouble.of(0.5), 9))).as("the first of equal ones stays").isFalse();
    assertThat(first.line()).isEqualTo("best evaluation: 0.50 after 0 iterations");
  }

  @Test
  void elseTheRewardDecidesAndWhatHasNoneIsNeverTheBest() {
    assertThat(BestEvaluation.NONE.isBeatenBy(evaluation(NO_JUDGE, Double.NaN))).isFalse();
    assertThat(BestEvaluation.NONE.isBeatenBy(evaluation(NO_JUDGE, -7))).isTrue();
    BestEvaluation best = BestEvaluation.of(4, evaluation(NO_JUDGE, -7, -5, Double.NaN));
    assertThat(best).isEqualTo(new BestEvaluation(4, -6));
    assertThat(best.isBeatenBy(evaluation(NO_JUDGE, -5.5))).isTrue();
    assertThat(best.isBeatenBy(evaluation(NO_JUDGE, Double.NaN))).isFalse();
  }

  @Test
  void aCheckpointKeepsIt(@TempDir Path directory) throws IOException {
    for (BestEvaluation best : List.of(BestEvaluation.NONE, new BestEvaluation(4, 0.1 + 0.2))) {
      ObserverState state = new ObserverState(5, 1e-6, 70, 80, best, evaluation(OptionalDouble.of(0.5), 3));
      state.write(directory);
      assertThat(ObserverState.read(directory)).isEqualTo(state);
    }
  }

  private static Evaluation evaluation(OptionalDouble gold, double... rewards) {
    return new Evaluation(Arrays.stream(rewards)
        .mapToObj(reward -> new Evaluation.Answer("prompt", "answer", gold, reward, 0.25, 3, true)).toList());
  }
}
