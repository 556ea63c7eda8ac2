package io.rlhf4j.tensor;

import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * The thread budget of the process. Several roles may live in one JVM, and libtorch gives each of their threads a team
 * of its own; without a common budget they would compete for the cores. At most {@code concurrentCalls} pieces of work
 * run at once, each with {@code threadsPerCall} threads; the others wait in the order of their arrival.
 *
 * <p>Work inside work of the same thread needs no second permit. Work must not wait for work of another thread.
 */
public final class Compute {

  private static final ThreadLocal<Integer> HELD = ThreadLocal.withInitial(() -> 0);

  private static volatile Budget budget = new Budget(0, 1);

  private Compute() {}

  /** One configuration; work that began under another one returns its permits there. */
  private record Budget(int threadsPerCall, int concurrentCalls, Semaphore permits) {

    Budget(int threadsPerCall, int concurrentCalls) {
      this(threadsPerCall, concurrentCalls, new Semaphore(concurrentCalls, true));
    }
  }

  /**
   * Divides the cores. Until this is called, one piece of work runs at a time and may use all cores. Call it before any
   * work begins: work already running does not count against the new budget.
   *
   * @param threadsPerCall threads of one kernel call; 0 divides the cores evenly among the concurrent calls
   * @param concurrentCalls pieces of work that may run at once
   */
  public static void configure(int threadsPerCall, int concurrentCalls) {
    if (threadsPerCall < 0 || concurrentCalls < 1) {
      throw new IllegalArgumentException("cannot run " + concurrentCalls + " calls of " + threadsPerCall + " threads");
    }
    int cores = Runtime.getRuntime().availableProcessors();
    budget = new Budget(threadsPerCall > 0 ? threadsPerCall : Math.max(1, cores / concurrentCalls), concurrentCalls);
  }

  /** Runs work on the calling thread with one call's share of the cores, when there is room. */
  public static <T> T run(Supplier<T> work) {
    Budget current = budget;
    return within(current, 1, current.threadsPerCall(), work);
  }

  /** Like {@link #run(Supplier)}, for work without a result. */
  public static void run(Runnable work) {
    run(() -> {
      work.run();
      return true;
    });
  }

  /**
   * Runs work alone, with the threads of all concurrent calls together.
   *
   * @throws IllegalStateException inside {@link #run}, where two threads could wait for each other for ever
   */
  public static <T> T exclusive(Supplier<T> work) {
    Budget current = budget;
    int held = HELD.get();
    if (held > 0 && held < current.concurrentCalls()) {
      throw new IllegalStateException("exclusive work cannot begin inside work that shares the cores");
    }
    return within(current, current.concurrentCalls(), current.threadsPerCall() * current.concurrentCalls(), work);
  }

  /** Like {@link #exclusive(Supplier)}, for work without a result. */
  public static void exclusive(Runnable work) {
    exclusive(() -> {
      work.run();
      return true;
    });
  }

  private static <T> T within(Budget current, int permits, int threads, Supplier<T> work) {
    if (HELD.get() > 0) {
      return work.get();
    }
    current.permits().acquireUninterruptibly(permits);
    HELD.set(permits);
    int before = LibTorch.setOwnThreads(threads);
    try {
      return work.get();
    } finally {
      LibTorch.setOwnThreads(before);
      HELD.remove();
      current.permits().release(permits);
    }
  }
}
