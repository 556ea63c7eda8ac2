package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.rl.TokenSequence;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FiniteScoresTest {

  private static final Path DIRECTORY = Path.of("models", "reward");
  private static final List<TokenSequence> TWO =
      List.of(new TokenSequence(new int[] {1, 2}, 1), new TokenSequence(new int[] {1, 2, 3}, 1));

  /** Always says the same. */
  private record Fixed(float... scores) implements RewardRole {
    @Override
    public float[] score(List<TokenSequence> sequences) {
      return scores;
    }

    @Override
    public void close() {}
  }

  @Test
  void numbersPass() {
    assertThat(new FiniteScores(new Fixed(1, -2), DIRECTORY).score(TWO)).containsExactly(1, -2);
  }

  @Test
  void anythingElseNamesTheModelAndTheRow() {
    assertThatThrownBy(() -> new FiniteScores(new Fixed(1, Float.NaN), DIRECTORY).score(TWO))
        .isInstanceOf(InputException.class).hasMessage(DIRECTORY + ": the reward model gives row 2 of 2, 3 tokens, "
            + "the score NaN, must be finite; its weights are damaged or overflow");
    assertThatThrownBy(() -> new FiniteScores(new Fixed(Float.NEGATIVE_INFINITY, 0), DIRECTORY).score(TWO))
        .isInstanceOf(InputException.class).hasMessageContaining("row 1 of 2, 2 tokens, the score -Infinity");
  }
}
