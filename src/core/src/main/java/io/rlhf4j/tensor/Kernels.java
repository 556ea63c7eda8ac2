package io.rlhf4j.tensor;

import ai.djl.pytorch.jni.NativeBridge;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Calls the functions of {@code resources/kernels/*.py} by name.
 *
 * <p>Arguments: {@link Tensor}, {@code List<Tensor>}, {@code Integer}/{@code Long}, {@code Double}/{@code Float},
 * {@code Boolean}, {@code String}, {@code int[]}/{@code long[]} (List[int]) and {@code double[]} (List[float]). Results belong
 * to the current {@link MemoryScope}. An error inside a kernel is thrown as {@link KernelException} with the kernel's
 * source line; it never takes the JVM down.
 */
public final class Kernels {

  private Kernels() {}

  /** Calls a kernel that returns one tensor. */
  public static Tensor tensor(String kernel, Object... arguments) {
    long result = call(kernel, arguments);
    try {
      return Tensor.adopt(NativeBridge.toTensor(result));
    } finally {
      NativeBridge.deleteIValue(result);
    }
  }

  /** Calls a kernel that returns a tuple or list of tensors. */
  public static List<Tensor> tensors(String kernel, Object... arguments) {
    long result = call(kernel, arguments);
    try {
      return NativeBridge.isTuple(result) ? tuple(result) : list(result);
    } finally {
      NativeBridge.deleteIValue(result);
    }
  }

  /** Calls a kernel that returns nothing, or whose result is not wanted. */
  public static void run(String kernel, Object... arguments) {
    NativeBridge.deleteIValue(call(kernel, arguments));
  }

  private static List<Tensor> list(long result) {
    List<Tensor> tensors = new ArrayList<>();
    for (long handle : NativeBridge.toTensorList(result)) {
      tensors.add(Tensor.adopt(handle));
    }
    return tensors;
  }

  private static List<Tensor> tuple(long result) {
    List<Tensor> tensors = new ArrayList<>();
    for (long element : NativeBridge.toTuple(result)) {
      tensors.add(Tensor.adopt(NativeBridge.toTensor(element)));
      NativeBridge.deleteIValue(element);
    }
    return tensors;
  }

  private static long call(String kernel, Object[] arguments) {
    LibTorch.ready();
    long module = KernelArchive.module();
    NativeBridge.setGradMode(GradientScope.recording());
    long[] values = new long[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(kernel, i, arguments[i]);
      }
      return NativeBridge.runMethod(module, kernel, values);
    } catch (ai.djl.engine.EngineException e) {
      throw new KernelException(kernel, e);
    } finally {
      for (long value : values) {
        if (value != 0) {
          NativeBridge.deleteIValue(value);
        }
      }
    }
  }

  private static long value(String kernel, int index, Object argument) {
    return switch (argument) {
      case Tensor tensor -> NativeBridge.ivalue(tensor.handle());
      case Collection<?> tensors -> NativeBridge.ivalueOfTensors(handles(tensors));
      case Integer number -> NativeBridge.ivalueOf(number.longValue());
      case Long number -> NativeBridge.ivalueOf(number.longValue());
      case Float number -> NativeBridge.ivalueOf(number.doubleValue());
      case Double number -> NativeBridge.ivalueOf(number.doubleValue());
      case Boolean flag -> NativeBridge.ivalueOf(flag.booleanValue());
      case String text -> NativeBridge.ivalueOf(text);
      case long[] numbers -> NativeBridge.ivalueOf(numbers);
      case int[] numbers -> NativeBridge.ivalueOf(java.util.Arrays.stream(numbers).asLongStream().toArray());
      case double[] numbers -> NativeBridge.ivalueOf(numbers);
      default -> throw new IllegalArgumentException(
          "argument " + index + " of kernel " + kernel + " has type " + argument.getClass().getName());
    };
  }

  private static long[] handles(Collection<?> tensors) {
    return tensors.stream().mapToLong(tensor -> ((Tensor) tensor).handle()).toArray();
  }
}
