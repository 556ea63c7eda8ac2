package io.rlhf4j.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ComputeTest {

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void restoreDefaults() {
    threads.shutdownNow();
    Compute.configure(0, 1);
  }

  @Test
  void workSeesItsShareOfTheThreadsOnEveryThread() throws Exception {
    Compute.configure(3, 2);
    int outside = LibTorch.threads();
    assertThat(Compute.run(LibTorch::threads)).isEqualTo(3);
    assertThat(Compute.exclusive(LibTorch::threads)).isEqualTo(6);
    assertThat(LibTorch.threads()).isEqualTo(outside);
    assertThat(threads.submit(() -> Compute.run(LibTorch::threads)).get()).isEqualTo(3);
  }

  @Test
  void aChangeReachesThreadsThatUsedLibtorchBefore() throws Exception {
    int before = LibTorch.threads();
    try (ExecutorService other = Executors.newSingleThreadExecutor()) {
      assertThat(other.submit(LibTorch::threads).get()).isEqualTo(before);
      LibTorch.setThreads(before + 1);
      assertThat(other.submit(LibTorch::threads).get()).isEqualTo(before + 1);
    } finally {
      LibTorch.setThreads(before);
    }
    assertThatThrownBy(() -> LibTorch.setThreads(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void noMoreThanTheGivenNumberRunsAtOnce() throws Exception {
    Compute.configure(1, 2);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch twoInside = new CountDownLatch(2);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      all.add(threads.submit(() -> Compute.run(() -> {
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        twoInside.countDown();
        await(twoInside);
        running.decrementAndGet();
      })));
    }
    for (Future<?> one : all) {
      one.get();
    }
    // Two were inside together, because each waits for the other; never three.
    assertThat(most.get()).isEqualTo(2);
  }

  @Test
  void exclusiveWorkRunsAlone() throws Exception {
    Compute.configure(1, 2);
    AtomicInteger running = new AtomicInteger();
    List<Future<Integer>> seen = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      threads.submit(() -> Compute.run(() -> {
        running.incrementAndGet();
        Thread.yield();
        running.decrementAndGet();
      }));
      seen.add(threads.submit(() -> Compute.exclusive(running::get)));
    }
    for (Future<Integer> one : seen) {
      assertThat(one.get()).isZero();
    }
  }

  @Test
  void nestedWorkNeedsNoSecondPermitAndFailuresReturnTheirs() {
    Compute.configure(2, 1);
    assertThat(Compute.run(() -> Compute.run(() -> Compute.exclusive(LibTorch::threads)))).isEqualTo(2);
    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> Compute.run(() -> {
        throw new IllegalStateException("failed");
      })).hasMessage("failed");
    }
    assertThat(Compute.run(() -> "free again")).isEqualTo("free again");
  }

  @Test
  void exclusiveInsideSharedWorkIsRefusedInsteadOfWaitingForEver() {
    Compute.configure(1, 2);
    assertThatThrownBy(() -> Compute.run(() -> Compute.exclusive(() -> 1))).isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("exclusive work cannot begin inside");
    assertThat(Compute.<Integer>exclusive(() -> Compute.run(() -> Compute.exclusive(() -> 1)))).isEqualTo(1);
    assertThatThrownBy(() -> Compute.configure(1, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
