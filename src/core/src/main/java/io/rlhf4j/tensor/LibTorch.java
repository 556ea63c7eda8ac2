package io.rlhf4j.tensor;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.NativeBridge;

/** Loads libtorch once and sets the number of threads that one kernel call may use. */
public final class LibTorch {

  private static final ThreadLocal<Boolean> PREPARED = ThreadLocal.withInitial(() -> {
    // The profiling executor recompiles for every new shape; without it calls cost the same from the first one on.
    NativeBridge.disableGraphOptimizer();
    return true;
  });

  private LibTorch() {}

  /**
   * Makes sure that libtorch is loaded and that the calling thread is set up: libtorch starts every new thread with
   * recording on, so its switch follows {@link GradientScope} before each native call that could record. Cheap after
   * the first call.
   */
  static void ready() {
    Loaded.ENGINE.hashCode();
    PREPARED.get();
    NativeBridge.setGradMode(GradientScope.recording());
  }

  /** Threads inside one kernel call, for kernel calls made by any thread from now on. */
  public static void setThreads(int threads) {
    ready();
    NativeBridge.setThreads(threads);
  }

  public static int threads() {
    ready();
    return NativeBridge.threads();
  }

  private static final class Loaded {
    // Without this DJL asks a server for a GPU build when it sees a GPU.
    static final Engine ENGINE;

    static {
      if (System.getProperty("ai.djl.offline") == null) {
        System.setProperty("ai.djl.offline", "true");
      }
      ENGINE = Engine.getEngine("PyTorch");
    }
  }
}
