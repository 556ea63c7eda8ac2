package io.rlhf4j.tensor;

import ai.djl.pytorch.jni.NativeBridge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Calls the functions of {@code resources/kernels/*.py} by name.
 *
 * <p>Arguments: {@link Tensor}, {@link NativeObject}, {@code List<Tensor>}, {@code Integer}/{@code Long},
 * {@code Double}/{@code Float},
 * {@code Boolean}, {@code String}, {@code int[]}/{@code long[]} (List[int]) and {@code double[]} (List[float]). Results
 * belong to the current {@link MemoryScope}. An error inside a kernel is thrown as {@link KernelException} with the
 * kernel's source line; it never takes the JVM down.
 */
public final class Kernels {

  private Kernels() {}

  /** Calls a kernel that returns one tensor. */
  public static Tensor tensor(String kernel, Object... arguments) {
    return tensor(KernelArchive.module(), kernel, arguments);
  }

  /**
   * Like {@link #tensor}, in libtorch's inference mode: a kernel of many small operations runs about 5 % faster, and no
   * gradient will ever flow through its result, whatever scope is open.
   */
  public static Tensor inferred(String kernel, Object... arguments) {
    return single(kernel, call(KernelArchive.module(), kernel, arguments, NativeBridge::runInference));
  }

  /** Calls a kernel that returns a tuple or list of tensors. */
  public static List<Tensor> tensors(String kernel, Object... arguments) {
    return tensors(KernelArchive.module(), kernel, arguments);
  }

  /** Calls a kernel that returns nothing, or whose result is not wanted. */
  public static void run(String kernel, Object... arguments) {
    NativeBridge.deleteIValue(call(KernelArchive.module(), kernel, arguments));
  }

  /** Calls a kernel that returns something other than tensors, which only other kernels can read. */
  public static NativeObject object(String kernel, Object... arguments) {
    return new NativeObject(call(KernelArchive.module(), kernel, arguments));
  }

  static Tensor tensor(long module, String kernel, Object... arguments) {
    return single(kernel, call(module, kernel, arguments));
  }

  private static Tensor single(String kernel, long result) {
    try {
      if (!NativeBridge.isTensor(result)) {
        throw new KernelException(kernel, "does not return one tensor");
      }
      return Tensor.adopt(NativeBridge.toTensor(result));
    } finally {
      NativeBridge.deleteIValue(result);
    }
  }

  static List<Tensor> tensors(long module, String kernel, Object... arguments) {
    long result = call(module, kernel, arguments);
    try {
      if (NativeBridge.isTuple(result)) {
        return tuple(kernel, result);
      }
      if (!NativeBridge.isTensorList(result)) {
        throw new KernelException(kernel, "does not return a tuple or list of tensors");
      }
      return list(result);
    } finally {
      NativeBridge.deleteIValue(result);
    }
  }

  private static List<Tensor> list(long result) {
    List<Tensor> tensors = new ArrayList<>();
    for (long handle : NativeBridge.toTensorList(result)) {
      tensors.add(Tensor.adopt(handle));
    }
    return tensors;
  }

  private static List<Tensor> tuple(String kernel, long result) {
    long[] elements = NativeBridge.toTuple(result);
    try {
      if (!Arrays.stream(elements).allMatch(NativeBridge::isTensor)) {
        throw new KernelException(kernel, "returns a tuple of which not every element is a tensor");
      }
      List<Tensor> tensors = new ArrayList<>();
      for (long element : elements) {
        tensors.add(Tensor.adopt(NativeBridge.toTensor(element)));
      }
      return tensors;
    } finally {
      Arrays.stream(elements).forEach(NativeBridge::deleteIValue);
    }
  }

  /** How libtorch runs a method. */
  private interface Runner {
    long run(long module, String name, long[] arguments);
  }

  private static long call(long module, String kernel, Object[] arguments) {
    return call(module, kernel, arguments, NativeBridge::runMethod);
  }

  private static long call(long module, String kernel, Object[] arguments, Runner runner) {
    LibTorch.ready();
    long[] values = new long[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(kernel, i, arguments[i]);
      }
      long clock = KernelClock.enter();
      try {
        return runner.run(module, kernel, values);
      } finally {
        KernelClock.leave(clock);
      }
    } catch (ai.djl.engine.EngineException e) {
      throw new KernelException(kernel, e);
    } finally {
      for (int i = 0; i < values.length; i++) {
        if (values[i] != 0 && !(arguments[i] instanceof NativeObject)) {
          NativeBridge.deleteIValue(values[i]);
        }
      }
    }
  }

  private static long value(String kernel, int index, @Nullable Object argument) {
    return switch (argument) {
      case null -> throw new IllegalArgumentException("argument " + index + " of kernel " + kernel + " is null");
      case Tensor tensor -> NativeBridge.ivalue(tensor.handle());
      case NativeObject object -> object.handle();
      case Collection<?> tensors -> NativeBridge.ivalueOfTensors(handles(kernel, index, tensors));
      case Integer number -> NativeBridge.ivalueOf(number.longValue());
      case Long number -> NativeBridge.ivalueOf(number.longValue());
      case Float number -> NativeBridge.ivalueOf(number.doubleValue());
      case Double number -> NativeBridge.ivalueOf(number.doubleValue());
      case Boolean flag -> NativeBridge.ivalueOf(flag.booleanValue());
      case String text -> NativeBridge.ivalueOf(text);
      case long[] numbers -> NativeBridge.ivalueOf(numbers);
      case int[] numbers -> NativeBridge.ivalueOf(Arrays.stream(numbers).asLongStream().toArray());
      case double[] numbers -> NativeBridge.ivalueOf(numbers);
      default -> throw new IllegalArgumentException(
          "argument " + index + " of kernel " + kernel + " has type " + argument.getClass().getName());
    };
  }

  private static long[] handles(String kernel, int index, Collection<?> tensors) {
    return tensors.stream().mapToLong(element -> {
      if (element instanceof Tensor tensor) {
        return tensor.handle();
      }
      throw new IllegalArgumentException("argument " + index + " of kernel " + kernel + " holds a "
          + (element == null ? null : element.getClass().getName()) + ", not only tensors");
    }).toArray();
  }
}
