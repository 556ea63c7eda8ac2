package io.rlhf4j.tensor;

import java.nio.ByteBuffer;

/** Walks over the memory of a tensor of any size, although one Java buffer spans at most 2 GiB. */
final class TensorMemory {

  static final long MAX_PART_BYTES = 1 << 30;

  private TensorMemory() {}

  /** One part of a tensor's memory, in native order, and the row-major index of its first element. */
  interface Part {
    void accept(ByteBuffer memory, long firstElement);
  }

  /**
   * Visits a contiguous tensor's memory in order; writes go through to the tensor. Of a tensor that is not in main
   * memory, copies of its parts are visited, for reading.
   */
  static void forEachPart(Tensor tensor, Part visitor) {
    forEachPart(tensor, MAX_PART_BYTES, visitor);
  }

  static void forEachPart(Tensor tensor, long maxPartBytes, Part visitor) {
    if (tensor.type() == ElementType.OTHER) {
      throw new IllegalStateException(tensor + " has a type that Java does not read");
    }
    long count = tensor.count();
    if (count == 0) {
      return;
    }
    if (count * tensor.type().bytes() <= maxPartBytes) {
      visit(tensor, 0, visitor);
      return;
    }
    long step = maxPartBytes / tensor.type().bytes();
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      Tensor flat = Kernels.tensor("flat", tensor);
      for (long from = 0; from < count; from += step) {
        try (Tensor part = flat.rows(from, Math.min(count, from + step))) {
          visit(part, from, visitor);
        }
      }
    }
  }

  private static void visit(Tensor part, long firstElement, Part visitor) {
    if (part.isInMainMemory()) {
      visitor.accept(part.buffer(), firstElement);
      return;
    }
    try (MemoryScope ignored = MemoryScope.open()) {
      visitor.accept(part.forReading().buffer(), firstElement);
    }
  }
}
