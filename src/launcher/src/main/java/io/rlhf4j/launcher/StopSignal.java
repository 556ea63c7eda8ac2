package io.rlhf4j.launcher;

import io.rlhf4j.tensor.ExitGate;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a command end in order when the process gets SIGTERM or SIGINT: what {@link #onStop} was given is called, the
 * command has {@link #PATIENCE} to come to its end, and the exit code is 0. A command that has given nothing ends at
 * once, as without this class.
 */
final class StopSignal implements AutoCloseable {

  /** Service managers kill after 30 seconds or later. */
  private static final Duration PATIENCE = Duration.ofSeconds(26);
  private static final Duration LAST_KERNELS = Duration.ofSeconds(2);

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "stop-signal");
  private volatile @Nullable Runnable stopper;

  private StopSignal() {}

  static StopSignal listen() {
    StopSignal signal = new StopSignal();
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  /** From now on a signal calls {@code stopper} and waits until this object is closed. */
  void onStop(Runnable stopper) {
    if (this.stopper == null) {
      ExitGate.hold();
    }
    this.stopper = stopper;
  }

  private void stop() {
    Runnable wanted = stopper;
    if (wanted == null) {
      return;
    }
    wanted.run();
    try {
      if (!finished.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
        System.err.println("rlhf: not done after " + PATIENCE.toSeconds()
            + " seconds; the same command goes on from the last checkpoint");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    ExitGate.close(LAST_KERNELS);
    Runtime.getRuntime().halt(0);
  }

  /** The command has come to its end. */
  @Override
  public void close() {
    finished.countDown();
    if (stopper != null) {
      ExitGate.release();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException underWay) {
      // The hook itself ends the process.
      return;
    }
  }
}
