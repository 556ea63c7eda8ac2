package io.rlhf4j.launcher.bench;

import io.rlhf4j.tensor.ElementType;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;

/**
 * What the machine can do at the moment, measured with the library that the models run on: the best of a few tries.
 *
 * @param flopsPerSecond of fp32 products of square matrices of 2,048
 * @param bytesPerSecond read from memory, from an array far larger than the caches
 */
record MachineLimits(double flopsPerSecond, double bytesPerSecond) {

  private static final int SIZE = 2048;
  private static final long ARRAY_FLOATS = 64L << 20;
  private static final int TRIES = 3;

  static MachineLimits measure() {
    try (MemoryScope scope = MemoryScope.open()) {
      Tensor square = filled(SIZE, SIZE);
      Tensor array = filled(ARRAY_FLOATS);
      double product = best(() -> Kernels.tensor("logits", square, square, 0.0).close());
      double read = best(() -> Kernels.tensor("sum_all", array).close());
      return new MachineLimits(2.0 * SIZE * SIZE * SIZE / product, 4.0 * ARRAY_FLOATS / read);
    }
  }

  /** Seconds that work cannot do without: it needs so many operations and so many bytes. */
  double seconds(double flops, double bytes) {
    return Math.max(flops / flopsPerSecond, bytes / bytesPerSecond);
  }

  private static Tensor filled(long... shape) {
    Tensor tensor = Tensor.empty(ElementType.FLOAT32, shape);
    Kernels.run("fill_", tensor, 0.5);
    return tensor;
  }

  private static double best(Runnable work) {
    work.run();
    double best = Double.POSITIVE_INFINITY;
    for (int i = 0; i < TRIES; i++) {
      best = Math.min(best, seconds(work));
    }
    return best;
  }

  static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) * 1e-9;
  }
}
