package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class MemoryScopeTest {

  private static final Path STATUS = Path.of("/proc/self/status");
  /** Elements; small enough for libtorch to use one thread. */
  private static final int SIZE = 1 << 15;

  @Test
  void resultsMoveOutwardOrLeaveAllScopes() {
    long before = Tensor.liveCount();
    Tensor owned;
    try (MemoryScope outer = MemoryScope.open()) {
      Tensor kept;
      Tensor dropped;
      try (MemoryScope inner = MemoryScope.open()) {
        kept = inner.keep(Tensor.scalar(1));
        dropped = Tensor.scalar(2);
        owned = Tensor.scalar(3).owned();
      }
      assertThat(kept.item()).isEqualTo(1);
      assertThat(dropped.isClosed()).isTrue();
      assertThatThrownBy(() -> outer.keep(kept)).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("use owned()");
    }
    assertThat(owned.item()).isEqualTo(3);
    assertThat(Tensor.liveCount()).isEqualTo(before + 1);
    owned.close();
    owned.close();
    assertThat(Tensor.liveCount()).isEqualTo(before);
  }

  @Test
  void closingOutOfOrderIsReportedAndCanStillBeRepaired() {
    long before = Tensor.liveCount();
    MemoryScope outer = MemoryScope.open();
    Tensor.scalar(1);
    MemoryScope inner = MemoryScope.open();
    Tensor.scalar(2);
    assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class).hasMessageContaining("innermost first");
    inner.close();
    outer.close();
    assertThat(Tensor.liveCount()).isEqualTo(before);
    assertThatThrownBy(outer::close).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void closingFromAnotherThreadIsReported() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor tensor = Tensor.scalar(1);
      CompletableFuture.runAsync(() -> assertThatThrownBy(scope::close).isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("by the thread that opened them")).join();
      assertThat(tensor.item()).isEqualTo(1);
    }
  }

  @Test
  void withoutAScopeNothingIsCreatedAndTheThreadIsNamed() {
    long before = Tensor.liveCount();
    assertThatThrownBy(() -> Tensor.scalar(1)).isInstanceOf(IllegalStateException.class)
        .hasMessage("no MemoryScope is open on thread " + Thread.currentThread().getName());
    assertThat(Tensor.liveCount()).isEqualTo(before);
  }

  @Test
  void aScopeLeftOpenShowsInTheLiveCount() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor weight = weight();
      long before = Tensor.liveCount();
      for (int i = 0; i < 10; i++) {
        forwardAndBackward(weight);
      }
      assertThat(Tensor.liveCount()).isGreaterThanOrEqualTo(before + 10);
      for (int i = 0; i < 10; i++) {
        long between = Tensor.liveCount();
        try (MemoryScope step = MemoryScope.open()) {
          forwardAndBackward(weight);
        }
        assertThat(Tensor.liveCount()).isEqualTo(between);
      }
    }
  }

  /** Each step makes more than half a megabyte; without closing, 300 of them would add more than 150. */
  @Test
  void memoryOfTheProcessStaysFlatOverHundredsOfSteps() throws IOException {
    assumeTrue(Files.isReadable(STATUS), "needs the proc file system");
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor weight = weight();
      steps(weight, 50);
      long before = residentKibibytes();
      steps(weight, 300);
      assertThat(residentKibibytes() - before).isLessThan(60 * 1024);
    }
  }

  private static void steps(Tensor weight, int count) {
    for (int i = 0; i < count; i++) {
      try (MemoryScope step = MemoryScope.open()) {
        forwardAndBackward(weight);
      }
    }
  }

  private static Tensor weight() {
    return Tensor.zeros(SIZE).requireGradient(true);
  }

  private static void forwardAndBackward(Tensor weight) {
    try (GradientScope gradients = GradientScope.open()) {
      Tensor scaled = Kernels.tensor("scale", weight, 2.0);
      Tensor result = TestKernels.tensors("pair", TestKernels.tensor("multiply", scaled, scaled)).get(1);
      Kernels.tensor("sum_all", result).backward();
      assertThat(weight.gradient().count()).isEqualTo(SIZE);
    }
  }

  private static long residentKibibytes() throws IOException {
    return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
  }
}
