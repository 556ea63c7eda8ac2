package io.rlhf4j.tensor;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Keeps the end of the process out of running kernels. When a JVM exits, for example on SIGTERM or Ctrl-C, the C++
 * library takes its global tables down while other threads may still compute with them, which ends in a crash report
 * instead of an exit code. So a shutdown hook lets no further kernel begin and waits for those under way; threads that
 * would begin one stay where they are until the process is gone.
 *
 * <p>Any thread may call this.
 */
public final class ExitGate {

  /** Service managers kill 30 seconds after SIGTERM or later. */
  private static final Duration PATIENCE = Duration.ofSeconds(25);
  private static final Duration LOOK_AGAIN = Duration.ofMillis(2);

  private static final AtomicInteger UNDER_WAY = new AtomicInteger();
  private static final AtomicInteger HELD = new AtomicInteger();

  private static volatile boolean closed;

  private ExitGate() {}

  /** An orderly end computes on after the signal: kernels may begin until {@link #release}. */
  public static void hold() {
    HELD.incrementAndGet();
  }

  /** Takes one {@link #hold} back. */
  public static void release() {
    HELD.decrementAndGet();
  }

  /** Loaded together with libtorch. */
  static void install() {
    Runtime.getRuntime().addShutdownHook(new Thread(ExitGate::closeWhenReleased, "exit-gate"));
  }

  /** Before a native call that may take long; {@link #leave} follows in a finally block. */
  static void enter() {
    UNDER_WAY.incrementAndGet();
    if (closed) {
      UNDER_WAY.decrementAndGet();
      stay();
    }
  }

  static void leave() {
    UNDER_WAY.decrementAndGet();
  }

  /** Lets no further kernel begin and waits for those under way; for whoever ends the process without its hooks. */
  public static void close(Duration patience) {
    long end = System.nanoTime() + patience.toNanos();
    closed = true;
    while (UNDER_WAY.get() > 0 && System.nanoTime() < end) {
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
  }

  private static void closeWhenReleased() {
    while (HELD.get() > 0) {
      // Whoever holds the gate has a time limit of its own.
      LockSupport.parkNanos(LOOK_AGAIN.toNanos());
    }
    close(PATIENCE);
  }

  private static void stay() {
    while (true) {
      LockSupport.park(ExitGate.class);
    }
  }
}
