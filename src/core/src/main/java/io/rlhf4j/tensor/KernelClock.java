package io.rlhf4j.tensor;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/**
 * How much of this process happens inside libtorch: kernels and their derivatives, called from Java at two places.
 * Everything else, also making tensors and copying them to Java, counts as outside.
 *
 * <p>Any thread may read it.
 */
public final class KernelClock {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final boolean CPU_TIME = THREADS.isCurrentThreadCpuTimeSupported();

  private static final Object LOCK = new Object();
  private static long calls;
  private static long cpuNanos;
  private static long busyNanos;
  private static int underWay;
  private static long busySince;

  private KernelClock() {}

  /**
   * Totals since the process began.
   *
   * @param calls from Java into libtorch that ended
   * @param busyNanos time during which at least one call was under way
   * @param cpuNanos processor time of the calls, summed over threads: that of the calling thread, times the threads of
   *     one call, which all work or wait spinning while it lasts
   */
  public record Reading(long calls, long busyNanos, long cpuNanos) {}

  /** The totals now. */
  public static Reading read() {
    synchronized (LOCK) {
      long running = underWay > 0 ? System.nanoTime() - busySince : 0;
      return new Reading(calls, busyNanos + running, cpuNanos);
    }
  }

  /** Before a call; {@link #leave} follows in a finally block with what this returns. */
  static long enter() {
    ExitGate.enter();
    synchronized (LOCK) {
      if (underWay++ == 0) {
        busySince = System.nanoTime();
      }
    }
    return cpuTime();
  }

  static void leave(long cpuAtEntry) {
    long used = (cpuTime() - cpuAtEntry) * Math.max(1, LibTorch.threadsOfCaller());
    synchronized (LOCK) {
      calls++;
      cpuNanos += used;
      if (--underWay == 0) {
        busyNanos += System.nanoTime() - busySince;
      }
    }
    ExitGate.leave();
  }

  /** Of this thread; the clock on the wall where threads have none, as virtual ones. */
  private static long cpuTime() {
    return CPU_TIME && !Thread.currentThread().isVirtual() ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }
}
