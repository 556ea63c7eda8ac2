package io.rlhf4j.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Owns the native memory of every tensor created while it is the innermost open scope of its thread, and frees it on
 * close. The garbage collector never frees tensors; scopes do.
 *
 * <p>Scopes nest. {@link #keep} moves a result to the enclosing scope, {@link Tensor#owned()} takes a tensor out of all
 * scopes for an owner that closes it itself (weights, optimiser state). A scope must be closed by the thread that
 * opened it, innermost first; anything else is a bug and throws.
 */
public final class MemoryScope implements AutoCloseable {

  private static final ThreadLocal<@Nullable MemoryScope> CURRENT = new ThreadLocal<>();

  private final @Nullable MemoryScope parent;
  private final Thread owner = Thread.currentThread();
  private final List<Tensor> tensors = new ArrayList<>();

  private MemoryScope(@Nullable MemoryScope parent) {
    this.parent = parent;
  }

  public static MemoryScope open() {
    MemoryScope scope = new MemoryScope(CURRENT.get());
    CURRENT.set(scope);
    return scope;
  }

  static MemoryScope current() {
    MemoryScope scope = CURRENT.get();
    if (scope == null) {
      throw new IllegalStateException("no MemoryScope is open on thread " + Thread.currentThread().getName());
    }
    return scope;
  }

  /**
   * Moves a tensor of this scope to the enclosing one, so that it outlives this scope.
   *
   * @throws IllegalStateException if there is no enclosing scope
   */
  public Tensor keep(Tensor tensor) {
    if (parent == null) {
      throw new IllegalStateException("the outermost scope has no enclosing one; use owned() instead");
    }
    if (tensors.remove(tensor)) {
      parent.adopt(tensor);
    }
    return tensor;
  }

  void adopt(Tensor tensor) {
    tensors.add(tensor);
    tensor.scope = this;
  }

  void forget(Tensor tensor) {
    // Short-lived tensors are freed soon after they were made, so the search starts at the end.
    for (int i = tensors.size() - 1; i >= 0; i--) {
      if (tensors.get(i) == tensor) {
        tensors.remove(i);
        return;
      }
    }
  }

  @Override
  public void close() {
    if (CURRENT.get() != this || owner != Thread.currentThread()) {
      throw new IllegalStateException("memory scopes must be closed innermost first, by the thread that opened them");
    }
    if (parent == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(parent);
    }
    for (int i = tensors.size() - 1; i >= 0; i--) {
      tensors.get(i).free();
    }
    tensors.clear();
  }
}
