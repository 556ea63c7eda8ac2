package io.rlhf4j.tensor;

import ai.djl.pytorch.jni.NativeBridge;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A result of a kernel that is no tensor (packed INT8 matrices), to be given to other kernels. Whoever asked for it
 * closes it; memory scopes do not.
 */
public final class NativeObject implements AutoCloseable {

  private static final AtomicLong LIVE = new AtomicLong();

  private long handle;

  NativeObject(long handle) {
    this.handle = handle;
    LIVE.incrementAndGet();
  }

  /** Number of objects that were made and not yet closed, in the whole JVM; for leak tests. */
  public static long liveCount() {
    return LIVE.get();
  }

  long handle() {
    if (handle == 0) {
      throw new IllegalStateException("the object was closed");
    }
    return handle;
  }

  /** Frees it; closing twice does nothing. */
  @Override
  public void close() {
    if (handle != 0) {
      NativeBridge.deleteIValue(handle);
      handle = 0;
      LIVE.decrementAndGet();
    }
  }
}
