package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTest {

  @Test
  void roundTripsValuesAndShape() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      assertThat(x.shape()).containsExactly(2, 3);
      assertThat(x.size(-1)).isEqualTo(3);
      assertThat(x.toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(Tensor.of(new int[] {7, 8}, 2).toLongs()).containsExactly(7, 8);
    }
  }

  @Test
  void globalNormOfSeveralTensors() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor norm = Kernels.tensor("global_norm", List.of(Tensor.of(new float[] {3}, 1), Tensor.of(new float[] {4}, 1)));
      assertThat(norm.item()).isEqualTo(5.0);
    }
  }

  @Test
  void aClosedTensorThrowsInsteadOfReadingFreedMemory() {
    Tensor escaped;
    try (MemoryScope scope = MemoryScope.open()) {
      escaped = Tensor.scalar(1);
    }
    assertThatThrownBy(escaped::toFloats).isInstanceOf(IllegalStateException.class).hasMessageContaining("closed");
  }

  @Test
  void kernelErrorsNameTheKernelLine() {
    try (MemoryScope scope = MemoryScope.open()) {
      assertThatThrownBy(() -> Kernels.tensor("add", Tensor.zeros(2), Tensor.zeros(3)))
          .isInstanceOf(KernelException.class).hasMessageContaining("return a + b");
    }
  }

  @Test
  void gradientsFlowOnlyInsideAGradientScope() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor w = Tensor.of(new float[] {2, 3}, 2).requireGradient(true);
      try (GradientScope gradients = GradientScope.open()) {
        Kernels.tensor("sum_all", Kernels.tensor("scale", w, 4.0)).backward();
      }
      assertThat(w.gradient().toFloats()).containsExactly(4, 4);
      Tensor outside = Kernels.tensor("sum_all", Kernels.tensor("scale", w, 4.0));
      assertThatThrownBy(outside::backward).hasMessageContaining("does not require grad");
    }
  }
}
