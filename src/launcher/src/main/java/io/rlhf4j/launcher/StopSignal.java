package io.rlhf4j.launcher;

import io.rlhf4j.tensor.ExitGate;
import io.rlhf4j.train.StopRequest;
import io.rlhf4j.train.StoppedEarly;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a command end in order when the process gets SIGTERM or SIGINT: a training under way leaves a checkpoint, what
 * {@link #onStop} was given is called, the command has {@link #PATIENCE} to come to its end, and the exit code is 0.
 * Where there is nothing to save, a command ends at once, as without this class.
 */
public final class StopSignal implements AutoCloseable {

  /** Service managers kill after 30 seconds or later. */
  private static final Duration PATIENCE = Duration.ofSeconds(26);
  private static final Duration LAST_KERNELS = Duration.ofSeconds(2);

  private final CountDownLatch finished = new CountDownLatch(1);
  private final Thread hook = new Thread(this::stop, "stop-signal");
  private volatile @Nullable Runnable stopper;

  private StopSignal() {}

  /** Does a command's work; of one that was told to end before, {@code out} says so. */
  public static void heed(PrintWriter out, Runnable work) {
    try (StopSignal signal = listen()) {
      try {
        work.run();
      } catch (StoppedEarly early) {
        out.println(early.getMessage());
        out.flush();
      }
    }
  }

  static StopSignal listen() {
    // Its first turn is taken before the hook of the gate asks for it.
    ExitGate.hold();
    StopSignal signal = new StopSignal();
    Runtime.getRuntime().addShutdownHook(signal.hook);
    return signal;
  }

  /** From now on a signal calls {@code stopper} and waits until this object is closed. */
  void onStop(Runnable stopper) {
    this.stopper = stopper;
    if (StopRequest.isAsked()) {
      stopper.run();
    }
  }

  private void stop() {
    Runnable wanted = stopper;
    if (wanted == null && !StopRequest.isHeeded()) {
      ExitGate.release();
      return;
    }
    StopRequest.ask();
    if (wanted != null) {
      wanted.run();
    }
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
    StopRequest.forget();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException underWay) {
      // The hook itself ends the process.
      return;
    }
    ExitGate.release();
  }
}
