package io.rlhf4j.tensor;

import ai.djl.engine.Engine;
import ai.djl.pytorch.jni.NativeBridge;
import org.slf4j.LoggerFactory;

/**
 * Loads libtorch once and keeps its thread-local settings in step with Java.
 *
 * <p>libtorch's number of threads is a setting of each calling thread: setting it on one thread changes that thread and
 * the default of threads that have not used libtorch yet, but no thread that has. Even a fresh thread does not follow
 * the default in its first matrix product, which takes all cores (measured with 2.7.1, OpenMP and MKL). So every thread
 * sets its own number before its first call and after each change.
 */
public final class LibTorch {

  private static final ThreadLocal<ThreadState> STATE = ThreadLocal.withInitial(ThreadState::new);

  private static volatile int threads;

  private LibTorch() {}

  /**
   * Makes sure that libtorch is loaded and that the calling thread is set up: libtorch starts every new thread with
   * recording on, so its switch follows {@link GradientScope} before each native call that could record. Cheap after
   * the first call.
   */
  static void ready() {
    Loaded.ENGINE.hashCode();
    STATE.get().apply();
    NativeBridge.setGradMode(GradientScope.recording());
  }

  /** Threads inside one kernel call, for kernel calls made by any thread from now on; see {@link Compute}. */
  public static void setThreads(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException("threads is " + threads + ", must be at least 1");
    }
    LibTorch.threads = threads;
    ready();
  }

  /** Threads inside one kernel call of the calling thread. */
  public static int threads() {
    ready();
    return NativeBridge.threads();
  }

  /** Like {@link #threads}, without a native call; 0 before the first kernel of this thread. */
  static int threadsOfCaller() {
    return STATE.get().applied;
  }

  /** Replaces the number of threads for the calling thread only; 0 returns to the common one. Gives the one before. */
  static int setOwnThreads(int threads) {
    ThreadState state = STATE.get();
    int before = state.own;
    state.own = threads;
    return before;
  }

  private static final class ThreadState {
    private int own;
    private int applied;

    void apply() {
      // A virtual thread may find itself on another carrier, whose native settings are unknown.
      boolean unknown = applied == 0 || Thread.currentThread().isVirtual();
      if (unknown) {
        // The profiling executor recompiles for every new shape; without it all calls cost the same.
        NativeBridge.disableGraphOptimizer();
      }
      int common = threads;
      int wanted = own > 0 ? own : common > 0 ? common : Loaded.DEFAULT_THREADS;
      if (unknown || wanted != applied) {
        NativeBridge.setThreads(wanted);
        applied = wanted;
      }
    }
  }

  private static final class Loaded {
    static final Engine ENGINE;
    static final int DEFAULT_THREADS;

    static {
      // Without this DJL asks a server for a GPU build when it sees a GPU.
      if (System.getProperty("ai.djl.offline") == null) {
        System.setProperty("ai.djl.offline", "true");
      }
      ENGINE = Engine.getEngine("PyTorch");
      DEFAULT_THREADS = NativeBridge.threads();
      AllocatorAdvice.of(System.getProperty("os.name"), System.getenv())
          .ifPresent(LoggerFactory.getLogger(LibTorch.class)::info);
      ExitGate.install();
    }
  }
}
