package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** NEFTune: noise on the embeddings in training. */
class EmbeddingNoiseTest {

  private static final LlamaConfig MODEL = new LlamaConfig(40, 32, 64, 2, 4, 2, 8, 1e-5, 10_000, 32, true);

  @Test
  void theNoiseIsThatOfTheFormula() {
    try (MemoryScope ignored = MemoryScope.open()) {
      int rows = 60;
      int width = 50;
      float[] widths = new float[rows];
      for (int t = 0; t < rows; t++) {
        widths[t] = 0.01f * (t + 1);
      }
      float[] zero = new float[rows * width];
      float[] noise = Kernels.tensor("noisy", Tensor.of(zero, rows, width), Tensor.of(widths, rows), -9).toFloats();
      double square = 0;
      double sum = 0;
      for (int i = 0; i < noise.length; i++) {
        // x + width * u, u = bits / 2^23 - 1 of splitmix64.
        double u = bits(-9L * 1_000_000_007L + i) / 8388608.0 - 1;
        assertThat((double) noise[i]).isCloseTo(widths[i / width] * u, Offset.offset(1e-6));
        square += u * u / noise.length;
        sum += u / noise.length;
      }
      // Uniform in [-1, 1): mean 0, variance 1/3; 3,000 draws.
      assertThat(sum).isCloseTo(0, Offset.offset(0.04));
      assertThat(square).isCloseTo(1.0 / 3, Offset.offset(0.03));
    }
  }

  @Test
  void itIsAddedWhereGradientsAreRecordedAndNowhereElse() {
    List<TokenSequence> sequences = List.of(TokenSequence.of(new int[] {1, 2, 3}, new int[] {4, 5}),
        TokenSequence.of(new int[] {1, 2, 3}, new int[] {6, 7, 8, 9}));
    try (MemoryScope ignored = MemoryScope.open(); CausalModel model = CausalModel.random(MODEL, 0.3, 5)) {
      PackedBatch batch = PackedBatch.sharingPrompts(sequences);
      float[] plain = model.hidden(batch).toFloats();
      model.backbone().addNoise(5, 3);
      assertThat(model.hidden(batch).toFloats()).isEqualTo(plain);
      int before = model.backbone().dropoutPosition();
      float[] first;
      float[] second;
      float[] again;
      try (GradientScope recording = GradientScope.open()) {
        first = model.hidden(batch).toFloats();
        second = model.hidden(batch).toFloats();
        model.backbone().continueDropout(before);
        again = model.hidden(batch).toFloats();
      }
      assertThat(first).isNotEqualTo(plain).isNotEqualTo(second).isEqualTo(again);
      model.backbone().addNoise(0, 3);
      try (GradientScope recording = GradientScope.open()) {
        assertThat(model.hidden(batch).toFloats()).isEqualTo(plain);
      }
    }
  }

  @Test
  void frozenEmbeddingsAreNoTrainedWeights() {
    try (CausalModel model = CausalModel.random(MODEL, 0.3, 5)) {
      int all = model.trainedWeights().size();
      model.backbone().freezeEmbeddings(true);
      assertThat(model.trainedWeights()).hasSize(all - 1).doesNotContainKey("model.embed_tokens.weight");
      assertThat(model.weights()).hasSize(all);
    }
  }

  private static long bits(long number) {
    long z = number * -7046029254386353131L;
    z = (z ^ z >> 30) * -4658895280553007687L;
    z = (z ^ z >> 27) * -7723592293110705685L;
    return (z ^ z >> 31) & 0xffffff;
  }
}
