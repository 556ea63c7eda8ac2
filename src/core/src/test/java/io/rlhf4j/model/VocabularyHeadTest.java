package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.rlhf4j.telemetry.PeakMemory;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.tensor.TestKernels;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The head in chunks against the plain computation over all rows at once, whose graph libtorch walks. */
class VocabularyHeadTest {

  private static final int TOKENS = 11;
  private static final int HIDDEN = 5;
  private static final int VOCABULARY = 17;
  private static final long[] ROWS = {0, 3, 3, 4, 10, 9, 1};

  private final Random random = new Random(3);

  @ParameterizedTest
  @CsvSource({"1, 1, 0, true", "3, 1, 0, true", "100, 1, 0, true", "3, 0.7, 0, true", "2, 1.3, 2.5, true",
      "3, 0.7, 2.5, false"})
  void logProbsEntropiesAndGradientsEqualThePlainPath(int chunk, double temperature, double softCap, boolean both) {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor[] plain = leaves();
      Tensor[] chunked = copies(plain);
      Tensor rows = Tensor.of(ROWS, ROWS.length);
      Tensor targets = Tensor.of(new long[] {0, 16, 3, 3, 8, 2, 9}, ROWS.length);
      Tensor first = random(ROWS.length);
      Tensor second = random(ROWS.length);
      float[][] expected;
      try (GradientScope gradients = GradientScope.open()) {
        List<Tensor> results = TestKernels.tensors("plain_log_probs",
            Kernels.tensor("select_rows", plain[0], rows), plain[1], targets, temperature, softCap);
        expected = new float[][] {results.get(0).toFloats(), results.get(1).toFloats()};
        loss(results.get(0), first, results.get(1), second, both).backward();
      }
      try (GradientScope gradients = GradientScope.open()) {
        TokenLogProbs results =
            new VocabularyHead(chunked[1], softCap, chunk).logProbs(chunked[0], rows, targets, temperature);
        assertThat(results.logProbs().toFloats()).containsExactly(expected[0], within(2e-6f));
        assertThat(results.entropies().toFloats()).containsExactly(expected[1], within(2e-6f));
        loss(results.logProbs(), first, results.entropies(), second, both).backward();
      }
      assertSameGradients(plain, chunked);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "3, 0", "100, 0", "4, 2.5"})
  void nextTokenLossAndGradientsEqualThePlainPath(int chunk, double softCap) {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor[] plain = leaves();
      Tensor[] chunked = copies(plain);
      Tensor rows = Tensor.of(ROWS, ROWS.length);
      Tensor targets = Tensor.of(new long[] {0, 16, 3, 3, 8, 2, 9}, ROWS.length);
      double expected;
      try (GradientScope gradients = GradientScope.open()) {
        Tensor chosen = TestKernels.tensors("plain_log_probs", Kernels.tensor("select_rows", plain[0], rows), plain[1],
            targets, 1.0, softCap).getFirst();
        Tensor loss = Kernels.tensor("scale", Kernels.tensor("sum_all", chosen), -0.25);
        expected = loss.item();
        Kernels.tensor("scale", loss, 3.0).backward();
      }
      VocabularyHead head = new VocabularyHead(chunked[1], softCap, chunk);
      assertThat(head.nextTokenLoss(chunked[0], rows, targets, 0.25).item()).isCloseTo(expected, within(2e-6));
      try (GradientScope gradients = GradientScope.open()) {
        Tensor loss = head.nextTokenLoss(chunked[0], rows, targets, 0.25);
        assertThat(loss.item()).isCloseTo(expected, within(2e-6));
        Kernels.tensor("scale", loss, 3.0).backward();
      }
      assertSameGradients(plain, chunked);
    }
  }

  @Test
  void twoHeadsOnTheSameHiddenStatesAddUp() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor[] plain = leaves();
      Tensor[] chunked = copies(plain);
      Tensor rows = Tensor.of(ROWS, ROWS.length);
      Tensor targets = Tensor.of(new long[] {0, 16, 3, 3, 8, 2, 9}, ROWS.length);
      try (GradientScope gradients = GradientScope.open()) {
        Tensor chosen = TestKernels.tensors("plain_log_probs", Kernels.tensor("select_rows", plain[0], rows), plain[1],
            targets, 1.0, 0.0).getFirst();
        Kernels.tensor("scale", Kernels.tensor("sum_all", chosen), -0.75).backward();
      }
      VocabularyHead head = new VocabularyHead(chunked[1], 0, 3);
      try (GradientScope gradients = GradientScope.open()) {
        Tensor loss = head.nextTokenLoss(chunked[0], rows, targets, 0.25);
        Tensor more = Kernels.tensor("sum_all", head.logProbs(chunked[0], rows, targets, 1).logProbs());
        Kernels.tensor("add", loss, Kernels.tensor("scale", more, -0.5)).backward();
      }
      assertSameGradients(plain, chunked);
    }
  }

  @Test
  void aFrozenProjectionGetsNoGradient() {
    try (MemoryScope scope = MemoryScope.open(); GradientScope gradients = GradientScope.open()) {
      Tensor[] leaves = leaves();
      leaves[1].requireGradient(false);
      Tensor rows = Tensor.of(ROWS, ROWS.length);
      TokenLogProbs result = new VocabularyHead(leaves[1], 0, 3).logProbs(leaves[0], rows, rows, 1);
      Kernels.tensor("sum_all", result.logProbs()).backward();
      assertThat(leaves[1].gradient()).isNull();
      assertThat(leaves[0].gradient().toFloats()).isNotEqualTo(new float[TOKENS * HIDDEN]);
    }
  }

  @Test
  void memoryDoesNotGrowWithTokensTimesVocabulary() {
    assumeThat(PeakMemory.bytes()).as("the system says how much memory is held").isPresent();
    int tokens = 6144;
    int vocabulary = 32_000;
    long allLogits = 4L * tokens * vocabulary;
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor hidden = random(tokens, 8).requireGradient(true);
      Tensor projection = random(vocabulary, 8).requireGradient(true);
      long[] numbers = random.longs(tokens, 0, tokens).toArray();
      Tensor rows = Tensor.of(numbers, tokens);
      VocabularyHead head = VocabularyHead.of(projection, 0);
      PeakMemory.restart();
      long before = PeakMemory.residentBytes().orElseThrow();
      try (GradientScope gradients = GradientScope.open()) {
        TokenLogProbs result = head.logProbs(hidden, rows, rows, 1);
        Kernels.tensor("add", Kernels.tensor("sum_all", result.logProbs()),
            Kernels.tensor("sum_all", result.entropies())).backward();
        head.nextTokenLoss(hidden, rows, rows, 1).backward();
      }
      // A chunk holds 64 MiB; the plain path keeps several times all logits, 750 MiB each, for backward.
      assertThat(PeakMemory.bytes().orElseThrow() - before).isLessThan(allLogits / 2);
    }
  }

  private static Tensor loss(Tensor logProbs, Tensor first, Tensor entropies, Tensor second, boolean both) {
    Tensor loss = TestKernels.tensor("dot", logProbs, first);
    return both ? Kernels.tensor("add", loss, TestKernels.tensor("dot", entropies, second)) : loss;
  }

  private Tensor[] leaves() {
    return new Tensor[] {random(TOKENS, HIDDEN).requireGradient(true),
        random(VOCABULARY, HIDDEN).requireGradient(true)};
  }

  private static Tensor[] copies(Tensor[] leaves) {
    Tensor[] copies = new Tensor[leaves.length];
    for (int i = 0; i < copies.length; i++) {
      copies[i] = Tensor.of(leaves[i].toFloats(), leaves[i].shape()).requireGradient(true);
    }
    return copies;
  }

  private Tensor random(long... shape) {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    float[] values = new float[(int) count];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Tensor.of(values, shape);
  }

  private static void assertSameGradients(Tensor[] expected, Tensor[] actual) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i].gradient().toFloats()).containsExactly(expected[i].gradient().toFloats(), within(5e-6f));
    }
  }
}
