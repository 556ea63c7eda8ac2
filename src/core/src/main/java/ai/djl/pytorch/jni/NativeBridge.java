package ai.djl.pytorch.jni;

import java.nio.ByteBuffer;

/**
 * The few native calls that rlhf4j builds on, as static methods over raw handles.
 *
 * <p>It lives in DJL's package because DJL keeps its native library package-private and its public wrapper forces
 * inference mode on every kernel call, which makes results unusable for training. Callers go through
 * {@code io.rlhf4j.tensor}; nothing else may use this class.
 */
public final class NativeBridge {

  private static final PyTorchLibrary LIB = PyTorchLibrary.LIB;
  private static final int[] CPU = {0, -1};
  private static final int STRIDED = 0;

  private NativeBridge() {}

  public static long loadModule(String path) {
    return LIB.moduleLoad(path, CPU, false, new String[0], new String[0], true);
  }

  /** Runs a method without DJL's inference guard: whether gradients flow is decided by {@link #setGradMode}. */
  public static long runMethod(long module, String name, long[] arguments) {
    return LIB.moduleRunMethod(module, name, arguments, true, false);
  }

  /** Runs a method in libtorch's inference mode: views cost less, and training can never use the results. */
  public static long runInference(long module, String name, long[] arguments) {
    return LIB.moduleRunMethod(module, name, arguments, false, false);
  }

  public static void setGradMode(boolean enabled) {
    LIB.torchSetGradMode(enabled);
  }

  public static void setThreads(int threads) {
    LIB.torchSetNumThreads(threads);
  }

  public static int threads() {
    return LIB.torchGetNumThreads();
  }

  /** Turns the profiling graph executor off for the calling thread. */
  public static void disableGraphOptimizer() {
    JniUtils.setGraphExecutorOptimize(false);
  }

  public static long empty(long[] shape, int dtype) {
    return LIB.torchEmpty(shape, dtype, STRIDED, CPU, false);
  }

  /** Whether the tensor is in main memory. */
  public static boolean isOnCpu(long tensor) {
    return LIB.torchDevice(tensor)[0] == CPU[0];
  }

  public static void deleteTensor(long tensor) {
    LIB.torchDeleteTensor(tensor);
  }

  public static long[] sizes(long tensor) {
    return LIB.torchSizes(tensor);
  }

  public static int dtype(long tensor) {
    return LIB.torchDType(tensor);
  }

  public static boolean isContiguous(long tensor) {
    return LIB.torchIsContiguous(tensor);
  }

  public static long contiguous(long tensor) {
    return LIB.torchToContiguous(tensor);
  }

  /** A view of the tensor's memory; valid while the tensor lives. CPU, contiguous, at most 2 GiB. */
  public static ByteBuffer directBuffer(long tensor) {
    return LIB.torchDirectByteBuffer(tensor);
  }

  public static long slice(long tensor, long dimension, long start, long end) {
    return LIB.torchSlice(tensor, dimension, start, end, 1);
  }

  public static void requireGrad(long tensor, boolean enabled) {
    LIB.torchAttachGrad(tensor, enabled);
  }

  /** The same memory without the graph behind it. */
  public static long detach(long tensor) {
    return LIB.torchDetachGrad(tensor);
  }

  /** Handle of the accumulated gradient, 0 if there is none. */
  public static long gradient(long tensor) {
    return LIB.torchGrad(tensor);
  }

  public static void backward(long tensor, long outputGradient) {
    LIB.torchBackward(tensor, outputGradient, false, false);
  }

  public static long ivalue(long tensor) {
    return LIB.iValueFromTensor(tensor);
  }

  public static long ivalueOf(long value) {
    return LIB.iValueFromLong(value);
  }

  public static long ivalueOf(double value) {
    return LIB.iValueFromDouble(value);
  }

  public static long ivalueOf(boolean value) {
    return LIB.iValueFromBool(value);
  }

  public static long ivalueOf(String value) {
    return LIB.iValueFromString(value);
  }

  public static long ivalueOf(long[] values) {
    return LIB.iValueFromLongList(values);
  }

  public static long ivalueOf(double[] values) {
    return LIB.iValueFromDoubleList(values);
  }

  public static long ivalueOfTensors(long[] tensors) {
    return LIB.iValueFromTensorList(tensors);
  }

  public static void deleteIValue(long ivalue) {
    LIB.torchDeleteIValue(ivalue);
  }

  public static boolean isTensor(long ivalue) {
    return LIB.iValueIsTensor(ivalue);
  }

  public static boolean isTensorList(long ivalue) {
    return LIB.iValueIsTensorList(ivalue);
  }

  public static boolean isTuple(long ivalue) {
    return LIB.iValueIsTuple(ivalue);
  }

  public static long toTensor(long ivalue) {
    return LIB.iValueToTensor(ivalue);
  }

  public static long[] toTensorList(long ivalue) {
    return LIB.iValueToTensorList(ivalue);
  }

  public static long[] toTuple(long ivalue) {
    return LIB.iValueToIValueTuple(ivalue);
  }
}
