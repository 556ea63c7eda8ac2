package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Mistakes of callers end in an exception that names the kernel: never in a leak, never in the end of the JVM. */
class KernelsTest {

  private MemoryScope scope;
  private Tensor two;
  private Tensor three;
  private long before;

  @BeforeEach
  void openScope() {
    scope = MemoryScope.open();
    two = Tensor.of(new float[] {1, 2}, 2);
    three = Tensor.of(new float[] {1, 2, 3}, 3);
    before = Tensor.liveCount();
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  @Test
  void tuplesAndListsBecomeLists() {
    assertThat(TestKernels.tensors("pair", two)).extracting(Tensor::toFloats)
        .containsExactly(new float[] {1, 2}, new float[] {2, 4});
    assertThat(TestKernels.tensors("halves", two)).extracting(Tensor::toFloats)
        .containsExactly(new float[] {1}, new float[] {2});
  }

  @Test
  void anUnknownKernelIsNamed() {
    assertFails("no_such_kernel", () -> Kernels.tensor("no_such_kernel", two));
    assertFails("_private", () -> Kernels.run("_private"));
  }

  @Test
  void wrongShapesAreNamed() {
    assertFails("add", () -> Kernels.tensor("add", two, three));
  }

  @Test
  void wrongArgumentsAreNamed() {
    assertFails("add", () -> Kernels.tensor("add", two));
    assertFails("add", () -> Kernels.tensor("add", two, two, two));
    assertFails("add", () -> Kernels.tensor("add", two, List.of(two)));
    assertFails("scale", () -> Kernels.tensor("scale", two, "2"));
    assertFails("scale", () -> Kernels.tensor("scale", two, new long[] {2}));
    assertFails("global_norm", () -> Kernels.tensor("global_norm", two));
    assertFails("global_norm", () -> Kernels.tensor("global_norm", List.of()));
  }

  @Test
  void argumentsThatNoKernelTakesAreRefused() {
    assertThatThrownBy(() -> Kernels.tensor("scale", two, new Object())).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("argument 1 of kernel scale has type java.lang.Object");
    assertThatThrownBy(() -> Kernels.tensor("global_norm", List.of(two, "three")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("argument 0 of kernel global_norm holds a java.lang.String, not only tensors");
    assertThatThrownBy(() -> Kernels.tensor("add", two, null)).isInstanceOf(IllegalArgumentException.class)
        .hasMessage("argument 1 of kernel add is null");
    assertThat(Tensor.liveCount()).isEqualTo(before);
  }

  @Test
  void resultsOfAnotherKindAreRefused() {
    assertFails("number", () -> TestKernels.tensor("number", two));
    assertFails("pair", () -> TestKernels.tensor("pair", two));
    assertFails("halves", () -> TestKernels.tensor("halves", two));
    assertFails("number", () -> TestKernels.tensors("number", two));
    assertFails("mixed", () -> TestKernels.tensors("mixed", two));
    assertFails("multiply", () -> TestKernels.tensors("multiply", two, two));
  }

  @Test
  void aClosedTensorIsRefusedAsAnArgument() {
    three.close();
    assertThatThrownBy(() -> Kernels.tensor("scale", three, 2.0)).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(Tensor.liveCount()).isEqualTo(before - 1);
  }

  private void assertFails(String kernel, ThrowingCallable call) {
    assertThatThrownBy(call).isInstanceOf(KernelException.class).hasMessageContaining("kernel " + kernel);
    assertThat(Tensor.liveCount()).isEqualTo(before);
  }
}
