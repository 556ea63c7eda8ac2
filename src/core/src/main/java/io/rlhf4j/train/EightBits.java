package io.rlhf4j.train;

import io.rlhf4j.model.family.WeightLayout;
import io.rlhf4j.tensor.ElementType;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Moments in blocks of 8-bit codes, as {@code kernels/optimizer.py} describes: 1.02 bytes a weight in place of 4. Which
 * weights have them is as transformers and bitsandbytes decide it.
 */
final class EightBits implements AutoCloseable {

  /** Behind the name of a moment: its scales, {@code [blocks]}. */
  static final String SCALES = "_scales";
  private static final int BLOCK = 256;
  /** Below this a moment stays fp32. */
  private static final int FEWEST = 4096;

  private final Tensor levels;
  private final Tensor cells;

  EightBits() {
    try (MemoryScope ignored = MemoryScope.open(); GradientScope paused = GradientScope.paused()) {
      levels = Kernels.tensor("moment_levels").owned();
      cells = Kernels.tensor("moment_cells", levels).owned();
    }
  }

  /** Whether the moments of a weight are kept in 8 bits. */
  static boolean suits(Slot.Weight weight) {
    return weight.values().count() >= FEWEST && !weight.name().equals(WeightLayout.EMBEDDING)
        && !weight.name().equals(WeightLayout.POSITIONS);
  }

  /** Moments that are zero: codes {@code [blocks, 32]}, eight to an element, and scales {@code [blocks]}. */
  static Map<String, Tensor> begin(Slot.Weight weight, String... moments) {
    long blocks = Math.ceilDiv(weight.values().count(), BLOCK);
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (String moment : moments) {
      Tensor codes = Tensor.empty(ElementType.INT64, blocks, BLOCK / Long.BYTES);
      Kernels.run("fill_", codes, 0.0);
      state.put(moment, codes);
      state.put(moment + SCALES, Tensor.zeros(blocks));
    }
    return state;
  }

  /** What the codes stand for: {@code [2, 256]}, with and without signs. */
  Tensor levels() {
    return levels;
  }

  /** How to find the nearest of them. */
  Tensor cells() {
    return cells;
  }

  @Override
  public void close() {
    levels.close();
    cells.close();
  }
}
