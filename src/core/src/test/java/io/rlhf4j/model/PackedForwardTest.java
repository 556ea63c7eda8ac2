package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PackedForwardTest {

  private static final LlamaConfig CONFIG = new LlamaConfig(50, 32, 48, 2, 4, 2, 8, 1e-5, 10_000, 64, false);
  private static final Offset<Float> TOLERANCE = Offset.offset(2e-5f);

  @Test
  void packedSequencesDoNotSeeEachOther() {
    List<int[]> sequences = randomSequences(17, 5, 17, 30, 1, 29, 8);
    try (CausalModel model = CausalModel.random(CONFIG, 0.2, 1); MemoryScope scope = MemoryScope.open()) {
      float[] packed = model.hidden(PackedBatch.of(sequences)).toFloats();
      int at = 0;
      for (int[] sequence : sequences) {
        for (float alone : model.hidden(PackedBatch.of(List.of(sequence))).toFloats()) {
          assertThat(packed[at++]).isCloseTo(alone, TOLERANCE);
        }
      }
    }
  }

  @Test
  void packingDoesNotChangeGradients() {
    List<int[]> sequences = randomSequences(12, 3, 20, 12);
    try (CausalModel model = CausalModel.random(CONFIG, 0.2, 1); MemoryScope scope = MemoryScope.open()) {
      model.trainable(true);
      lossOf(model, sequences);
      List<float[]> packed = takeGradients(model);
      sequences.forEach(sequence -> lossOf(model, List.of(sequence)));
      List<float[]> alone = takeGradients(model);
      for (int i = 0; i < packed.size(); i++) {
        assertThat(packed.get(i)).containsExactly(alone.get(i), TOLERANCE);
      }
    }
  }

  private static void lossOf(CausalModel model, List<int[]> sequences) {
    List<TokenSequence> actions = sequences.stream().map(tokens -> new TokenSequence(tokens, 1)).toList();
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      PackedBatch batch = PackedBatch.of(sequences);
      TokenLogProbs result = model.logProbs(model.hidden(batch), ActionRows.of(batch, actions), 0.7);
      Kernels.tensor("sum_all", result.logProbs()).backward();
    }
  }

  private static List<float[]> takeGradients(CausalModel model) {
    List<float[]> gradients = new ArrayList<>();
    for (Tensor weight : model.weights().values()) {
      Tensor gradient = weight.gradient();
      gradients.add(gradient.toFloats());
      Kernels.run("fill_", gradient, 0.0);
    }
    return gradients;
  }

  private static List<int[]> randomSequences(int... lengths) {
    Random random = new Random(3);
    List<int[]> sequences = new ArrayList<>();
    for (int length : lengths) {
      sequences.add(random.ints(length, 0, CONFIG.vocabSize()).toArray());
    }
    return sequences;
  }
}
