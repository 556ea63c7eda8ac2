package io.rlhf4j.tensor;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/** The process that {@link ExitGateTest} sends signals to: computes until it is told to end. */
final class ExitGateRun {

  private static final int THREADS = 4;
  private static final long PATIENCE_NANOS = 20_000_000_000L;

  private ExitGateRun() {}

  public static void main(String[] arguments) {
    List<Thread> threads = IntStream.range(0, THREADS).mapToObj(i -> new Thread(ExitGateRun::compute)).toList();
    if (arguments[0].equals("hold")) {
      ExitGate.hold();
      Runtime.getRuntime().addShutdownHook(new Thread(ExitGateRun::computeAfterTheSignal));
    } else {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> watch(threads)));
    }
    threads.forEach(Thread::start);
  }

  private static void computeAfterTheSignal() {
    try (MemoryScope scope = MemoryScope.open()) {
      System.out.println("8 after the signal: "
          + Kernels.tensor("scale", Tensor.of(new float[] {4}, 1), 2.0).toFloats()[0]);
    }
    ExitGate.release();
  }

  private static void watch(List<Thread> threads) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    boolean stay = false;
    while (!stay && System.nanoTime() < end) {
      stay = threads.stream().allMatch(thread -> thread.getState() == Thread.State.WAITING);
      LockSupport.parkNanos(1_000_000);
    }
    System.out.println(stay ? "no thread computes" : "threads compute on");
  }

  private static void compute() {
    for (long round = 0;; round++) {
      try (MemoryScope scope = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        Tensor weights = Tensor.of(new float[256], 256).requireGradient(true);
        Kernels.tensor("sum_all", Kernels.tensor("scale", weights, 2.0)).backward();
      }
      if (round == 100) {
        System.out.println("computing");
      }
    }
  }
}
