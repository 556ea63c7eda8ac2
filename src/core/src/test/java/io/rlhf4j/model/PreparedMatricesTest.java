package io.rlhf4j.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.config.InferencePrecision;
import org.junit.jupiter.api.Test;

class PreparedMatricesTest {

  private static final long GB = 1_000_000_000L;

  /** 7 billion weights on a machine of 64 GB, 100 million on one of 24 GB. */
  @Test
  void aThirdCopyOfALargeModelIsNotMade() {
    assertThat(InferenceWeights.worthPreparing(28 * GB, 64 * GB)).isFalse();
    assertThat(InferenceWeights.worthPreparing(28 * GB, 256 * GB)).isTrue();
    assertThat(InferenceWeights.worthPreparing(400_000_000, 24 * GB)).isTrue();
    assertThat(InferenceWeights.worthPreparing(0, 0)).isTrue();
  }

  @Test
  void theCopyIsAsLargeAsTheMatrices() {
    LlamaConfig shape = new LlamaConfig(40, 16, 24, 2, 2, 1, 8, 1e-5, 1e4, 64, false);
    try (CausalModel model = CausalModel.random(shape, 0.2, 1);
        InferenceWeights weights = InferenceWeights.of(model, InferencePrecision.FP32)) {
      // A layer: q, k, v 16 * (16 + 2 * 8), o 16 * 16, gate and up 16 * 48, down 24 * 16; the projection 16 * 40.
      assertThat(weights.matrixBytes()).isEqualTo(4 * (2 * (16 * 32 + 256 + 16 * 48 + 24 * 16) + 16 * 40));
    }
  }
}
