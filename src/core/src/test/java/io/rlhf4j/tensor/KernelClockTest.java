package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class KernelClockTest {

  @Test
  void callsAreCountedWithTheirTime() {
    KernelClock.Reading before = KernelClock.read();
    try (MemoryScope ignored = MemoryScope.open()) {
      Tensor square = Tensor.zeros(256, 256);
      Kernels.tensor("logits", square, square, 0.0);
    }
    KernelClock.Reading after = KernelClock.read();
    // Other test classes may compute at the same time.
    assertThat(after.calls() - before.calls()).isGreaterThanOrEqualTo(2);
    assertThat(after.busyNanos()).isGreaterThan(before.busyNanos());
    assertThat(after.cpuNanos()).isGreaterThan(before.cpuNanos());
  }

  @Test
  void aKernelThatFailsIsNoLongerUnderWay() {
    KernelClock.Reading before = KernelClock.read();
    try (MemoryScope ignored = MemoryScope.open()) {
      Tensor one = Tensor.zeros(2, 3);
      Tensor other = Tensor.zeros(5, 7);
      assertThatThrownBy(() -> Kernels.tensor("logits", one, other, 0.0)).isInstanceOf(KernelException.class);
    }
    assertThat(KernelClock.read().calls() - before.calls()).isGreaterThanOrEqualTo(3);
  }
}
