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
      List<Tensor> parts = List.of(Tensor.of(new float[] {3}, 1), Tensor.of(new float[] {4}, 1));
      Tensor norm = Kernels.tensor("global_norm", parts);
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

  @Test
  void tensorsThatAreNotContiguousAreReadInRowOrder() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
      Tensor transposed = TestKernels.tensor("transpose", x);
      assertThat(transposed.shape()).containsExactly(3, 2);
      long before = Tensor.liveCount();
      assertThat(transposed.toFloats()).containsExactly(1, 4, 2, 5, 3, 6);
      assertThat(Tensor.liveCount()).isEqualTo(before);
      Tensor integers = TestKernels.tensor("transpose", Tensor.of(new long[] {1, 2, 3, 4}, 2, 2));
      assertThat(integers.toLongs()).containsExactly(1, 3, 2, 4);
      assertThatThrownBy(() -> TensorMemory.forEachPart(transposed, (memory, first) -> {}))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("contiguous");
    }
  }

  @Test
  void bf16StaysInsideKernelsAndIsRefusedByJava() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor x = Tensor.of(new float[] {1.00390625f, 3}, 2).requireGradient(true);
      try (GradientScope gradients = GradientScope.open()) {
        Tensor product = TestKernels.tensor("through_bf16", x, x);
        assertThat(product.toFloats()).containsExactly(1, 9);
        Kernels.tensor("sum_all", product).backward();
      }
      assertThat(x.gradient().type()).isEqualTo(ElementType.FLOAT32);
      assertThat(x.gradient().toFloats()).containsExactly(2, 6);

      Tensor narrow = TestKernels.tensor("to_bf16", x);
      assertThat(narrow.type()).isEqualTo(ElementType.OTHER);
      assertThat(narrow.shape()).containsExactly(2);
      assertThat(narrow).hasToString("Tensor(OTHER[2])");
      assertThatThrownBy(narrow::toFloats).isInstanceOf(IllegalStateException.class)
          .hasMessage("expected a tensor of FLOAT32, this one is OTHER");
      assertThatThrownBy(narrow::buffer).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> TensorMemory.forEachPart(narrow, (memory, first) -> {}))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> Tensor.empty(ElementType.OTHER, 2)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void emptyTensorsAndScalarsWork() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor none = Tensor.of(new float[0], 0, 3);
      assertThat(none.count()).isZero();
      assertThat(none.toFloats()).isEmpty();
      assertThat(Tensor.of(new long[0], 0).toLongs()).isEmpty();
      assertThat(Tensor.zeros(0).toFloats()).isEmpty();
      assertThat(Kernels.tensor("sum_all", none).item()).isZero();
      assertThat(Kernels.tensor("add", none, none).shape()).containsExactly(0, 3);
      assertThat(TestKernels.tensor("transpose", none).toFloats()).isEmpty();
      assertThat(none.rows(0, 0).count()).isZero();

      Tensor scalar = Tensor.scalar(2.5f).requireGradient(true);
      assertThat(scalar.shape()).isEmpty();
      assertThat(scalar.count()).isEqualTo(1);
      scalar.backward();
      assertThat(scalar.gradient().item()).isEqualTo(1);
      assertThatThrownBy(none::item).isInstanceOf(IllegalStateException.class).hasMessageContaining("[0, 3]");
    }
  }

  @Test
  void shapesThatDoNotFitAreRefusedWithoutALeak() {
    try (MemoryScope scope = MemoryScope.open()) {
      long before = Tensor.liveCount();
      assertThatThrownBy(() -> Tensor.of(new float[] {1, 2, 3}, 2, 2)).isInstanceOf(IllegalArgumentException.class)
          .hasMessage("3 values do not fill the shape [2, 2]");
      assertThatThrownBy(() -> Tensor.zeros(2, -1)).isInstanceOf(IllegalArgumentException.class)
          .hasMessage("negative size in shape [2, -1]");
      assertThat(Tensor.liveCount()).isEqualTo(before);
    }
  }

  @Test
  void valuesAreCopiedFromTheArray() {
    try (MemoryScope scope = MemoryScope.open()) {
      float[] values = {1, 2};
      Tensor x = Tensor.of(values, 2);
      values[0] = 9;
      assertThat(x.toFloats()).containsExactly(1, 2);
    }
  }
}
