package io.rlhf4j.tensor;

/**
 * While open, kernel calls of this thread record the graph that {@link Tensor#backward} walks. Outside, and inside
 * {@link #paused()}, nothing is recorded. Each kernel call sets libtorch's own thread-local switch from this one, because
 * libtorch starts every new thread with recording on.
 */
public final class GradientScope implements AutoCloseable {

  private static final ThreadLocal<Boolean> RECORDING = ThreadLocal.withInitial(() -> false);

  private final boolean before;

  private GradientScope(boolean recording) {
    before = RECORDING.get();
    RECORDING.set(recording);
  }

  public static GradientScope open() {
    return new GradientScope(true);
  }

  /** Switches recording off inside an open scope, for values that must not carry gradients. */
  public static GradientScope paused() {
    return new GradientScope(false);
  }

  static boolean recording() {
    return RECORDING.get();
  }

  @Override
  public void close() {
    RECORDING.set(before);
  }
}
