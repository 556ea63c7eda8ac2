package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The kernels load with and without MKL's products, and both give the same ones. */
class KernelVariantsTest {

  private static final String PRODUCT = """

      def product(x: Tensor, matrix: Tensor) -> Tensor:
        prepared = _prepared(matrix, x.size(0))
        if len(prepared) > 0:
          return _prepared_times(x, prepared[0], matrix)
        return torch.mm(x, matrix)
      """;

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void preparedProductsEqualPlainOnes() {
    long plain = load(KernelSource.WITHOUT_MKL);
    long mkl = load(KernelSource.WITH_MKL);
    try (MemoryScope scope = MemoryScope.open()) {
      for (int rows : new int[] {1, 4, 17, 64}) {
        Tensor x = Tensor.zeros(rows, 96);
        Tensor matrix = Tensor.zeros(96, 200);
        Kernels.run("normal_", x, 1.0, 3L);
        Kernels.run("normal_", matrix, 0.1, 4L);
        assertThat(Kernels.tensor(mkl, "product", x, matrix).toFloats())
            .containsExactly(Kernels.tensor(plain, "product", x, matrix).toFloats(), within(1e-5f));
      }
    }
  }

  @Test
  void withoutMklNothingIsPrepared() {
    try (MemoryScope scope = MemoryScope.open()) {
      assertThat(Kernels.tensors(load(KernelSource.WITHOUT_MKL), "prepared_matrices", oneLayer(), 8)).isEmpty();
    }
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void withMklEveryMatrixIs() {
    try (MemoryScope scope = MemoryScope.open()) {
      assertThat(Kernels.tensors("prepared_matrices", oneLayer(), 8)).hasSize(5);
    }
  }

  /** Eleven weights of a layer and three of the output, each 4 x 4. */
  private static List<Tensor> oneLayer() {
    List<Tensor> weights = new ArrayList<>();
    for (int i = 0; i < 14; i++) {
      weights.add(Tensor.zeros(4, 4));
    }
    return weights;
  }

  private static long load(String products) {
    return KernelArchive.load(KernelSource.compose(KernelSource.readAll(products) + PRODUCT));
  }
}
