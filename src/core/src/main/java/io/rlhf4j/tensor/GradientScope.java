package io.rlhf4j.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * While open, kernel calls of this thread record the graph that {@link Tensor#backward} walks. Outside, and inside
 * {@link #paused()}, nothing is recorded. Each kernel call sets libtorch's own thread-local switch from this one,
 * because libtorch starts every new thread with recording on.
 *
 * <p>A stretch of the forward can be cut out of libtorch's graph: its results become leaves, and when backward has
 * reached them, Java continues with the stretch. That is how a stretch is computed twice instead of being remembered,
 * and how gradients are worked out in pieces. Stretches are continued in the reverse order of the forward.
 *
 * <p>Scopes nest and must be closed innermost first, by the thread that opened them; anything else is a bug and throws.
 */
public final class GradientScope implements AutoCloseable {

  private static final ThreadLocal<@Nullable GradientScope> CURRENT = new ThreadLocal<>();

  private final @Nullable GradientScope parent;
  private final boolean recording;
  private final List<Stretch> stretches = new ArrayList<>();
  private boolean continuing;

  /** How backward goes on through a stretch that was cut out. */
  @FunctionalInterface
  public interface Continuation {

    /**
     * Passes the gradients on, by {@link Tensor#backward(Tensor)} on what went into the stretch. Nothing is recorded
     * meanwhile unless this opens a scope of its own.
     *
     * @param gradients of the stretch's results, in order; null where backward did not come by, at least one is not
     */
    void backward(List<@Nullable Tensor> gradients);
  }

  private record Stretch(List<Tensor> results, List<Tensor> held, Continuation continuation) {

    void close() {
      held.forEach(Tensor::close);
    }
  }

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

  /** Whether kernel calls of this thread are recorded now. */
  public static boolean recording() {
    GradientScope scope = CURRENT.get();
    return scope != null && scope.recording;
  }

  /**
   * Cuts a stretch of the forward out of the graph.
   *
   * @param results what the stretch computed, without a graph; from now on leaves
   * @param held tensors that the continuation needs and nobody else: they are closed after it ran, or with this scope
   * @throws IllegalStateException if nothing is being recorded
   */
  public static void cut(List<Tensor> results, List<Tensor> held, Continuation continuation) {
    GradientScope scope = CURRENT.get();
    if (scope == null || !scope.recording) {
      throw new IllegalStateException("a stretch is cut out of a graph, but nothing is being recorded");
    }
    results.forEach(result -> result.requireGradient(true));
    scope.stretches.add(new Stretch(List.copyOf(results), held.stream().map(Tensor::owned).toList(), continuation));
  }

  /** Continues backward through every stretch of this thread's innermost recording scope that it has reached. */
  static void continueBackward() {
    GradientScope scope = CURRENT.get();
    while (scope != null && !scope.recording) {
      scope = scope.parent;
    }
    if (scope != null && !scope.continuing) {
      scope.continuing = true;
      try {
        scope.continueStretches();
      } finally {
        scope.continuing = false;
      }
    }
  }

  private void continueStretches() {
    for (int i = stretches.size() - 1; i >= 0; i--) {
      Stretch stretch = stretches.get(i);
      try (MemoryScope ignored = MemoryScope.open(); GradientScope pause = paused()) {
        List<@Nullable Tensor> gradients = new ArrayList<>();
        stretch.results().forEach(result -> gradients.add(result.isClosed() ? null : result.gradient()));
        if (gradients.stream().anyMatch(Objects::nonNull)) {
          stretches.remove(i);
          stretch.continuation().backward(gradients);
          stretch.close();
        }
      }
    }
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
    stretches.forEach(Stretch::close);
    stretches.clear();
  }
}
