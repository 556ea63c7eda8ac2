package io.rlhf4j.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.TinyRun;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrozenReferenceTest {

  @Test
  void logProbsAreThoseOfTheLogitsOnePositionEarlier() {
    TokenSequence sequence = TokenSequence.of(new int[] {1, 2, 3}, new int[] {40, 7});
    try (FrozenReference reference = new FrozenReference(TinyRun.policy(), 1000); CausalModel same = TinyRun.policy();
        MemoryScope scope = MemoryScope.open()) {
      float[] logits = same.logits(same.hidden(PackedBatch.of(List.of(sequence.tokens())))).toFloats();

      float[] logProbs = reference.logProbs(List.of(sequence), 0.5).getFirst();

      assertThat(logProbs).containsExactly(
          new float[] {logProb(logits, 2, 40, 0.5), logProb(logits, 3, 7, 0.5)}, within(1e-5f));
    }
  }

  @Test
  void splittingTheBatchChangesNothingAndLeavesNothingBehind() {
    List<TokenSequence> sequences = TinyRun.rollouts(7, 2).stream().map(Rollout::sequence).toList();
    try (FrozenReference whole = new FrozenReference(TinyRun.policy(), 10_000);
        FrozenReference parts = new FrozenReference(TinyRun.policy(), 20)) {
      List<float[]> expected = whole.logProbs(sequences, 1);
      long before = Tensor.liveCount();
      List<float[]> actual = parts.logProbs(sequences, 1);

      assertThat(Tensor.liveCount()).isEqualTo(before);
      assertThat(actual).hasSize(7);
      for (int i = 0; i < actual.size(); i++) {
        assertThat(actual.get(i)).containsExactly(expected.get(i), within(1e-5f));
      }
    }
  }

  @Test
  void aSequenceWithoutAResponseHasNoLogProbs() {
    try (FrozenReference reference = new FrozenReference(TinyRun.policy(), 1000)) {
      assertThat(reference.logProbs(List.of(new TokenSequence(new int[] {1, 2}, 2)), 1).getFirst()).isEmpty();
    }
  }

  private static float logProb(float[] logits, int position, int token, double temperature) {
    int vocabulary = TinyRun.SHAPE.vocabSize();
    double sum = 0;
    for (int v = 0; v < vocabulary; v++) {
      sum += Math.exp(logits[position * vocabulary + v] / temperature);
    }
    return (float) (logits[position * vocabulary + token] / temperature - Math.log(sum));
  }
}
