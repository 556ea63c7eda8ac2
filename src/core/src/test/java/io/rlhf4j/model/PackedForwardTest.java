package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class PackedForwardTest {

  private static final LlamaConfig CONFIG = new LlamaConfig(50, 32, 48, 2, 4, 2, 8, 1e-5, 10_000, 64, false);
  private static final LlamaConfig LONG = new LlamaConfig(50, 32, 48, 2, 4, 2, 8, 1e-5, 10_000, 400, false);
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
      List<float[]> packed = Gradients.take(model);
      sequences.forEach(sequence -> lossOf(model, List.of(sequence)));
      List<float[]> alone = Gradients.take(model);
      for (int i = 0; i < packed.size(); i++) {
        assertThat(packed.get(i)).containsExactly(alone.get(i), TOLERANCE);
      }
    }
  }

  @Test
  void longSequencesStayWhereTheyAreWithTheResultsAndGradientsOfBlocks() {
    List<int[]> sequences = randomSequences(150, 7, 390, 200, 33, 129);
    List<TokenSequence> actions = sequences.stream().map(tokens -> new TokenSequence(tokens, 1)).toList();
    List<int[]> manyShort = new ArrayList<>(sequences);
    // A tail of short ones makes the same sequences go through blocks; its losses do not count.
    IntStream.range(0, 60).forEach(i -> manyShort.add(new int[] {i % 50}));
    try (CausalModel model = CausalModel.random(LONG, 0.2, 1); MemoryScope scope = MemoryScope.open()) {
      model.trainable(true);
      PackedBatch inPlace = PackedBatch.of(sequences);
      PackedBatch inBlocks = PackedBatch.of(manyShort);
      assertThat(inPlace.blocks()).isEmpty();
      assertThat(inBlocks.blocks()).isNotEmpty();
      float[] there = lossOf(model, inPlace, actions);
      List<float[]> gradients = Gradients.take(model);
      assertThat(there).containsExactly(lossOf(model, inBlocks, actions), TOLERANCE);
      assertClose(gradients, Gradients.take(model));
      model.backbone().recomputeLayers(true);
      assertThat(lossOf(model, inPlace, actions)).isEqualTo(there);
      List<float[]> again = Gradients.take(model);
      for (int i = 0; i < again.size(); i++) {
        assertThat(again.get(i)).isEqualTo(gradients.get(i));
      }
    }
  }

  @Test
  void aLongSequenceScoresTheSameWithoutAGradient() {
    List<int[]> sequences = randomSequences(150, 7, 390);
    List<TokenSequence> actions = sequences.stream().map(tokens -> new TokenSequence(tokens, 1)).toList();
    try (CausalModel model = CausalModel.random(LONG, 0.2, 1); MemoryScope scope = MemoryScope.open()) {
      PackedBatch batch = PackedBatch.of(sequences);
      float[] frozen = model.logProbs(model.hidden(batch), ActionRows.of(batch, actions), 0.7).logProbs().toFloats();
      model.trainable(true);
      assertThat(lossOf(model, batch, actions)).isEqualTo(frozen);
    }
  }

  /** To 1e-4 of the largest element of each weight's gradient, as promised against transformers. */
  private static void assertClose(List<float[]> expected, List<float[]> actual) {
    for (int i = 0; i < expected.size(); i++) {
      float largest = 0;
      for (float value : expected.get(i)) {
        largest = Math.max(largest, Math.abs(value));
      }
      assertThat(actual.get(i)).containsExactly(expected.get(i), Offset.offset(1e-4f * largest));
    }
  }

  @Test
  void aSharedPromptIsComputedOnceWithTheSameResultsAndGradients() {
    List<TokenSequence> sequences = new ArrayList<>();
    for (int[] prompt : randomSequences(9, 4)) {
      for (int[] response : randomSequences(6, 1, 6, 11)) {
        sequences.add(TokenSequence.of(prompt, response));
      }
    }
    try (CausalModel model = CausalModel.random(CONFIG, 0.2, 1); MemoryScope scope = MemoryScope.open()) {
      model.trainable(true);
      float[] shared = lossOf(model, PackedBatch.sharingPrompts(sequences), sequences);
      List<float[]> sharedGradients = Gradients.take(model);
      PackedBatch separate = PackedBatch.of(sequences.stream().map(TokenSequence::tokens).toList());
      assertThat(shared).containsExactly(lossOf(model, separate, sequences), TOLERANCE);
      List<float[]> separateGradients = Gradients.take(model);
      for (int i = 0; i < sharedGradients.size(); i++) {
        assertThat(sharedGradients.get(i)).containsExactly(separateGradients.get(i), Offset.offset(1e-4f));
      }
      assertThat(separate.rows()).isEqualTo(4 * 9 + 4 * 4 + 2 * 24);
      assertThat(PackedBatch.sharingPrompts(sequences).rows()).isEqualTo(9 + 4 + 2 * 24);
    }
  }

  private static void lossOf(CausalModel model, List<int[]> sequences) {
    try (MemoryScope scope = MemoryScope.open()) {
      lossOf(model, PackedBatch.of(sequences),
          sequences.stream().map(tokens -> new TokenSequence(tokens, 1)).toList());
    }
  }

  private static float[] lossOf(CausalModel model, PackedBatch batch, List<TokenSequence> actions) {
    return Gradients.accumulate(model, batch, actions, 0.7);
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
