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
 * Cosines and sines of the rotary positions, {@code [2, places, size]} each: one table, two where windowed layers
 * have frequencies of their own, none where positions are learned. They grow with the sequences that are seen, because
 * a table for all positions of a long-context model takes more memory than the activations of its layers. Where longer
 * sequences have other frequencies, those stand behind the ones of sequences up to {@link Rotary#longestShort()}.
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

  /** Tables for sequences of at least this many tokens, until the next call. */
  List<Tensor> upTo(int wanted) {
    if (wanted > positions && style instanceof Rotary rotary) {
      int grown = Math.min(maxPositions, Math.max(Math.max(wanted, FIRST_POSITIONS), 2 * positions));
      // As long as only short sequences were seen, there are only their positions.
      grown = wanted <= rotary.longestShort() ? Math.min(grown, rotary.longestShort()) : grown;
      List<Tensor> made = new ArrayList<>();
      made.add(table(rotary, rotary.full(), grown));
      if (!rotary.sameEverywhere()) {
        made.add(table(rotary, rotary.windowed(), grown));
      }
      close();
      tables = made;
      positions = grown;
    }
    return tables;
  }

  private static Tensor table(Rotary rotary, Frequencies frequencies, int positions) {
    RopeScaling scaling = frequencies.scaling();
    try (MemoryScope ignored = MemoryScope.open()) {
      float[] plain = Kernels.tensor("rotary_frequencies", rotary.size(), frequencies.theta()).toFloats();
      boolean both = positions > rotary.longestShort();
      Tensor table = table(scaling, scaling.scaled(plain, frequencies.theta(), false),
          both ? rotary.longestShort() : positions);
      if (both) {
        Tensor beyond = table(scaling, scaling.scaled(plain, frequencies.theta(), true), positions);
        table = Kernels.tensor("joined_tables", table, beyond);
      }
      return table.owned();
    }
  }

  private static Tensor table(RopeScaling scaling, float[] frequencies, int positions) {
    return Kernels.tensor("rotary_table", positions, Tensor.of(frequencies, frequencies.length),
        scaling.attentionFactor());
  }

  @Override
  public void close() {
    tables.forEach(Tensor::close);
  }
}
