package io.rlhf4j.reward;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import org.junit.jupiter.api.Test;

class DistinctSequencesTest {

  @Test
  void equalTokensAreOneSequence() {
    DistinctSequences sequences = new DistinctSequences();

    assertThat(sequences.indexOf(sequence(1, 5, 6, 7))).isZero();
    assertThat(sequences.indexOf(sequence(1, 5, 6, 8))).isEqualTo(1);
    assertThat(sequences.indexOf(sequence(1, 5, 6, 7))).isZero();
    assertThat(sequences.indexOf(sequence(1, 5, 6, 7))).isZero();
    assertThat(sequences.all()).hasSize(2);
    assertThat(sequences.all().get(1).tokens()).containsExactly(5, 6, 8);
  }

  @Test
  void anotherSplitIntoPromptAndAnswerIsAnotherSequence() {
    DistinctSequences sequences = new DistinctSequences();

    assertThat(sequences.indexOf(sequence(1, 5, 6, 7))).isZero();
    assertThat(sequences.indexOf(sequence(2, 5, 6, 7))).isEqualTo(1);
  }

  private static TokenSequence sequence(int promptLength, int... tokens) {
    return new TokenSequence(tokens, promptLength);
  }
}
