package io.rlhf4j.model;

import io.rlhf4j.model.family.PositionStyle;
import io.rlhf4j.model.family.PositionStyle.Frequencies;
import io.rlhf4j.model.family.PositionStyle.Rotary;
import io.rlhf4j.model.family.RopeScaling;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Cosines and sines of the rotary positions, {@code [2, positions, size]} each: one table, two where windowed layers
 * have frequencies of their own, none where positions are learned. They grow with the sequences that are seen, because
 * a table for all positions of a long-context model takes more memory than the activations of its layers.
 */
final class RotaryTables implements AutoCloseable {

  private static final int FIRST_POSITIONS = 2048;

  private final PositionStyle style;
  private final int maxPositions;
  private List<Tensor> tables = List.of();
  private int positions;

  RotaryTables(PositionStyle style, int maxPositions) {
    this.style = style;
    this.maxPositions = maxPositions;
    upTo(1);
  }

  /** Tables of at least this many positions, until the next call. */
  List<Tensor> upTo(int wanted) {
    if (wanted > positions && style instanceof Rotary rotary) {
      int grown = Math.min(maxPositions, Math.max(Math.max(wanted, FIRST_POSITIONS), 2 * positions));
      List<Tensor> made = new ArrayList<>();
      made.add(table(rotary.size(), rotary.full(), grown));
      if (!rotary.sameEverywhere()) {
        made.add(table(rotary.size(), rotary.windowed(), grown));
      }
      close();
      tables = made;
      positions = grown;
    }
    return tables;
  }

  private static Tensor table(int size, Frequencies frequencies, int positions) {
    RopeScaling scaling = frequencies.scaling();
    try (MemoryScope ignored = MemoryScope.open()) {
      Tensor plain = Kernels.tensor("rotary_frequencies", size, frequencies.theta());
      Tensor scaled = Tensor.of(scaling.scaled(plain.toFloats(), frequencies.theta()), size / 2);
      return Kernels.tensor("rotary_table", positions, scaled, scaling.attentionFactor()).owned();
    }
  }

  @Override
  public void close() {
    tables.forEach(Tensor::close);
  }
}
