package io.rlhf4j.tensor;

import org.jspecify.annotations.Nullable;

/**
 * While open, kernel calls of this thread record the graph that {@link Tensor#backward} walks. Outside, and inside
 * {@link #paused()}, nothing is recorded. Each kernel call sets libtorch's own thread-local switch from this one,
 * because libtorch starts every new thread with recording on.
 *
 * <p>Scopes nest and must be closed innermost first, by the thread that opened them; anything else is a bug and throws.
 */
public final class GradientScope implements AutoCloseable {

  private static final ThreadLocal<@Nullable GradientScope> CURRENT = new ThreadLocal<>();

  private final @Nullable GradientScope parent;
  private final boolean recording;

  private GradientScope(boolean recording) {
    this.parent = CURRENT.get();
    this.recording = recording;
    CURRENT.set(this);
  }

  public static GradientScope open() {
    return new GradientScope(true);
  }

  /** Switches recording off inside an open scope, for values that must not carry gradients. */
  public static GradientScope paused() {
    return new GradientScope(false);
  }

  static boolean recording() {
    GradientScope scope = CURRENT.get();
    return scope != null && scope.recording;
  }

  @Override
  public void close() {
    if (CURRENT.get() != this) {
      throw new IllegalStateException("gradient scopes must be closed innermost first, by the thread that opened them");
    }
    if (parent == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(parent);
    }
  }
}
