package io.rlhf4j.rpc;

import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Lets a writer wait until its stream takes the next message, so that what is buffered stays bounded. */
final class ReadyGate {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private @Nullable RuntimeException closed;

  /** To be called whenever the stream may have become ready. */
  void signal() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Ends every wait, present and future, with {@code reason}. */
  void close(RuntimeException reason) {
    lock.lock();
    try {
      if (closed == null) {
        closed = reason;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed != null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns once {@code ready}, or throws the reason for which the stream is gone. */
  void await(BooleanSupplier ready) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (closed == null && !ready.getAsBoolean()) {
        changed.await();
      }
      if (closed != null) {
        throw closed;
      }
    } finally {
      lock.unlock();
    }
  }
}
