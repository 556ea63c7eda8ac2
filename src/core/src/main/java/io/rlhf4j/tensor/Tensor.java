package io.rlhf4j.tensor;

import ai.djl.pytorch.jni.NativeBridge;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A native tensor. It belongs to the {@link MemoryScope} in which it was made and must not be used after that scope or
 * the tensor itself was closed: every access to a freed tensor throws instead of reading freed memory.
 */
public final class Tensor implements AutoCloseable {

  private static final AtomicLong LIVE = new AtomicLong();

  /** The scope that frees this tensor; null when an owner does. */
  @Nullable
  MemoryScope scope;
  private long handle;
  private long @Nullable [] shape;
  /** Whether {@link #requireGradient} made this a leaf that wants a gradient. */
  private boolean leaf;

  private Tensor(long handle) {
    this.handle = handle;
    LIVE.incrementAndGet();
  }

  /** Wraps a handle that native code returned; the current scope owns it from now on. */
  static Tensor adopt(long handle) {
    MemoryScope current;
    try {
      current = MemoryScope.current();
    } catch (IllegalStateException e) {
      NativeBridge.deleteTensor(handle);
      throw e;
    }
    Tensor tensor = new Tensor(handle);
    current.adopt(tensor);
    return tensor;
  }

  /** An fp32 tensor with the given values in row-major order. */
  public static Tensor of(float[] values, long... shape) {
    Tensor tensor = inMainMemory(ElementType.FLOAT32, shape);
    tensor.checkCount(values.length);
    if (values.length > 0) {
      tensor.buffer().asFloatBuffer().put(values);
    }
    return tensor.here();
  }

  /** An int64 tensor with the given values in row-major order. */
  public static Tensor of(long[] values, long... shape) {
    Tensor tensor = inMainMemory(ElementType.INT64, shape);
    tensor.checkCount(values.length);
    if (values.length > 0) {
      tensor.buffer().asLongBuffer().put(values);
    }
    return tensor.here();
  }

  /** An int64 tensor (the type kernels index with) from int values. */
  public static Tensor of(int[] values, long... shape) {
    return of(Arrays.stream(values).asLongStream().toArray(), shape);
  }

  public static Tensor scalar(float value) {
    return of(new float[] {value});
  }

  public static Tensor zeros(long... shape) {
    Tensor tensor = empty(ElementType.FLOAT32, shape);
    Kernels.run("fill_", tensor, 0.0);
    return tensor;
  }

  /** Uninitialised memory of the thread's {@link Device}. */
  public static Tensor empty(ElementType type, long... shape) {
    return inMainMemory(type, shape).here();
  }

  /** Uninitialised memory that Java can read and write, whatever the thread's device. */
  public static Tensor inMainMemory(ElementType type, long... shape) {
    if (type == ElementType.OTHER) {
      // libtorch's wrapper ends the whole process for a type that it does not know.
      throw new IllegalArgumentException("Java cannot make tensors of other element types; kernels can");
    }
    if (Arrays.stream(shape).anyMatch(size -> size < 0)) {
      throw new IllegalArgumentException("negative size in shape " + Arrays.toString(shape));
    }
    LibTorch.ready();
    return adopt(NativeBridge.empty(shape, type.djlCode()));
  }

  /** This tensor on the thread's {@link Device}: itself, or a copy in its place, and then this one is closed. */
  public Tensor here() {
    Device device = Device.current();
    return device.isCpu() ? this : movedTo(device);
  }

  private Tensor movedTo(Device device) {
    try (GradientScope paused = GradientScope.paused()) {
      return Kernels.tensor("moved", this, device.toString());
    } finally {
      close();
    }
  }

  /** Whether Java can read this tensor's memory. */
  boolean isInMainMemory() {
    return NativeBridge.isOnCpu(handle());
  }

  /** This tensor, or a copy of it in main memory if it is elsewhere; of the current scope. */
  Tensor forReading() {
    if (isInMainMemory()) {
      return this;
    }
    try (GradientScope paused = GradientScope.paused()) {
      return Kernels.tensor("moved", this, Device.CPU.toString());
    }
  }

  /** Number of tensors that were made and not yet freed, in the whole JVM; for leak tests. */
  public static long liveCount() {
    return LIVE.get();
  }

  /** Takes this tensor out of its scope: from now on the caller closes it. */
  public Tensor owned() {
    MemoryScope from = scope;
    if (from != null) {
      from.forget(this);
      scope = null;
    }
    return this;
  }

  public long[] shape() {
    return cachedShape().clone();
  }

  /** Size of one dimension; negative counts from the end. */
  public long size(int dimension) {
    long[] sizes = cachedShape();
    return sizes[dimension < 0 ? sizes.length + dimension : dimension];
  }

  /** Number of elements. */
  public long count() {
    return Arrays.stream(cachedShape()).reduce(1, (a, b) -> a * b);
  }

  public ElementType type() {
    return ElementType.ofDjlCode(NativeBridge.dtype(handle()));
  }

  /** Copies an fp32 tensor to Java, row-major. */
  public float[] toFloats() {
    requireType(ElementType.FLOAT32);
    float[] values = new float[Math.toIntExact(count())];
    if (values.length > 0) {
      withContiguous(buffer -> buffer.asFloatBuffer().get(values));
    }
    return values;
  }

  /** Copies an int64 tensor to Java, row-major. */
  public long[] toLongs() {
    requireType(ElementType.INT64);
    long[] values = new long[Math.toIntExact(count())];
    if (values.length > 0) {
      withContiguous(buffer -> buffer.asLongBuffer().get(values));
    }
    return values;
  }

  /** The only element of an fp32 tensor. */
  public double item() {
    float[] values = toFloats();
    if (values.length != 1) {
      throw new IllegalStateException("item() of a tensor of shape " + Arrays.toString(cachedShape()));
    }
    return values[0];
  }

  /**
   * The tensor's own memory, for bulk reads and writes by {@code io.rlhf4j.tensor}; valid while the tensor lives.
   * Contiguous tensors in main memory of at most 2 GiB.
   */
  ByteBuffer buffer() {
    if (type() == ElementType.OTHER || !NativeBridge.isContiguous(handle()) || !isInMainMemory()) {
      throw new IllegalStateException(this + " is not a contiguous tensor of a type and in memory that Java reads");
    }
    return NativeBridge.directBuffer(handle()).order(ByteOrder.nativeOrder());
  }

  /** A view of rows {@code from} to {@code to} of the first dimension. */
  Tensor rows(long from, long to) {
    LibTorch.ready();
    return adopt(NativeBridge.slice(handle(), 0, from, to));
  }

  /** This tensor if its memory is row-major without gaps, else a copy that is. */
  Tensor contiguous() {
    LibTorch.ready();
    return NativeBridge.isContiguous(handle()) ? this : adopt(NativeBridge.contiguous(handle()));
  }

  /** Marks a leaf whose gradient {@link #backward} accumulates. */
  public Tensor requireGradient(boolean required) {
    NativeBridge.requireGrad(handle(), required);
    leaf = required;
    return this;
  }

  /** Whether {@link #requireGradient} made this a leaf whose gradient backward accumulates. */
  public boolean isLeaf() {
    return leaf;
  }

  /** Whether {@link #backward} can start here: a leaf that wants a gradient, or a result that depends on one. */
  public boolean carriesGradient() {
    if (leaf) {
      return true;
    }
    // DJL's own test says false of intermediate results.
    try (Tensor answer = Kernels.tensor("carries_gradient", this)) {
      return answer.count() > 0;
    }
  }

  /** The same memory without the graph behind it. */
  public Tensor detached() {
    LibTorch.ready();
    return adopt(NativeBridge.detach(handle()));
  }

  /**
   * Adds the gradient of this scalar with respect to every leaf that requires one to that leaf's gradient, and frees
   * the graph. Must run while the {@link GradientScope} is open that recorded the graph, because what was cut out of
   * the graph ({@link GradientScope#cut}) is continued from there.
   */
  public void backward() {
    try (MemoryScope ignored = MemoryScope.open()) {
      backward(of(new float[] {1f}, cachedShape()));
    }
  }

  /** Like {@link #backward()}, starting from the given gradient of this tensor (same shape). */
  public void backward(Tensor outputGradient) {
    LibTorch.ready();
    long clock = KernelClock.enter();
    try {
      NativeBridge.backward(handle(), outputGradient.handle());
    } finally {
      KernelClock.leave(clock);
    }
    GradientScope.continueBackward();
  }

  /** The accumulated gradient (an alias, not a copy), or null before the first backward. */
  public @Nullable Tensor gradient() {
    long gradient = NativeBridge.gradient(handle());
    return gradient == 0 ? null : adopt(gradient);
  }

  public boolean isClosed() {
    return handle == 0;
  }

  @Override
  public void close() {
    MemoryScope from = scope;
    if (from != null) {
      from.forget(this);
    }
    free();
  }

  void free() {
    if (handle != 0) {
      NativeBridge.deleteTensor(handle);
      handle = 0;
      scope = null;
      LIVE.decrementAndGet();
    }
  }

  long handle() {
    if (handle == 0) {
      throw new IllegalStateException("this tensor was closed; keep() it or make it owned() to use it longer");
    }
    return handle;
  }

  private long[] cachedShape() {
    long[] known = shape;
    if (known == null) {
      known = NativeBridge.sizes(handle());
      shape = known;
    }
    return known;
  }

  private void withContiguous(Consumer<ByteBuffer> reader) {
    Tensor source = contiguous();
    Tensor readable = source.forReading();
    try {
      reader.accept(readable.buffer());
    } finally {
      if (readable != source) {
        readable.close();
      }
      if (source != this) {
        source.close();
      }
    }
  }

  private void requireType(ElementType expected) {
    if (type() != expected) {
      throw new IllegalStateException("expected a tensor of " + expected + ", this one is " + type());
    }
  }

  private void checkCount(long values) {
    if (count() != values) {
      close();
      throw new IllegalArgumentException(values + " values do not fill the shape " + Arrays.toString(shape));
    }
  }

  @Override
  public String toString() {
    return isClosed() ? "Tensor(closed)" : "Tensor(" + type() + Arrays.toString(cachedShape()) + ")";
  }
}
