package io.rlhf4j.model;

import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences of different lengths as one row of tokens, with the plan by which attention regroups them.
 *
 * @param tokens token ids, {@code [T]} int64
 * @param positions position of each token in its own sequence, {@code [T]} int64
 * @param offsets first row of each sequence and, last, {@code T}; {@code [sequences + 1]}
 * @param blocks rows that fill each attention block, one tensor {@code [G * L]} for each block
 * @param blockLengths {@code L} of each block, tokens
 * @param order where each packed row went in the blocks, {@code [T]}; empty when one block holds the rows in place
 */
public record PackedBatch(Tensor tokens, Tensor positions, int[] offsets, List<Tensor> blocks, int[] blockLengths,
    Tensor order) {

  /** A block takes a shorter sequence only while padding stays below this share of the block. */
  private static final double MAX_BLOCK_WASTE = 0.2;

  /** Packs the sequences in the given order; tensors belong to the current memory scope. */
  public static PackedBatch of(List<int[]> sequences) {
    int[] offsets = offsets(sequences);
    int total = offsets[sequences.size()];
    long[] tokens = new long[total];
    long[] positions = new long[total];
    for (int s = 0; s < sequences.size(); s++) {
      int[] sequence = sequences.get(s);
      for (int t = 0; t < sequence.length; t++) {
        tokens[offsets[s] + t] = sequence[t];
        positions[offsets[s] + t] = t;
      }
    }
    return plan(Tensor.of(tokens, total), Tensor.of(positions, total), offsets);
  }

  public int sequences() {
    return offsets.length - 1;
  }

  /** Tokens of sequence {@code s}. */
  public int length(int s) {
    return offsets[s + 1] - offsets[s];
  }

  /** Row of the last token of every sequence, {@code [sequences]}. */
  public long[] lastRows() {
    return IntStream.range(0, sequences()).mapToLong(s -> offsets[s + 1] - 1L).toArray();
  }

  private static int[] offsets(List<int[]> sequences) {
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("a batch needs at least one sequence");
    }
    int[] offsets = new int[sequences.size() + 1];
    for (int s = 0; s < sequences.size(); s++) {
      if (sequences.get(s).length == 0) {
        throw new IllegalArgumentException("sequence " + s + " of the batch is empty");
      }
      offsets[s + 1] = Math.addExact(offsets[s], sequences.get(s).length);
    }
    return offsets;
  }

  private static PackedBatch plan(Tensor tokens, Tensor positions, int[] offsets) {
    List<List<Integer>> groups = group(offsets);
    int longestOfFirst = length(offsets, groups.getFirst().getFirst());
    if (groups.size() == 1 && groups.getFirst().stream().allMatch(s -> length(offsets, s) == longestOfFirst)) {
      return new PackedBatch(tokens, positions, offsets, List.of(), new int[] {longestOfFirst},
          Tensor.of(new long[0], 0));
    }
    List<Tensor> blocks = new ArrayList<>();
    int[] lengths = new int[groups.size()];
    long[] order = new long[offsets[offsets.length - 1]];
    long filled = 0;
    for (int g = 0; g < groups.size(); g++) {
      List<Integer> group = groups.get(g);
      lengths[g] = length(offsets, group.getFirst());
      long[] rows = blockRows(offsets, group, lengths[g], order, filled);
      blocks.add(Tensor.of(rows, rows.length));
      filled += rows.length;
    }
    return new PackedBatch(tokens, positions, offsets, blocks, lengths, Tensor.of(order, order.length));
  }

  /** Rows of one block; padding repeats the sequence's own last row, whose results nobody reads. */
  private static long[] blockRows(int[] offsets, List<Integer> group, int length, long[] order, long filled) {
    long[] rows = new long[group.size() * length];
    int at = 0;
    for (int s : group) {
      int own = length(offsets, s);
      for (int t = 0; t < length; t++, at++) {
        rows[at] = offsets[s] + Math.min(t, own - 1);
        if (t < own) {
          order[offsets[s] + t] = filled + at;
        }
      }
    }
    return rows;
  }

  /** Longest first; a group is closed when padding the next sequence would waste too much of the block. */
  private static List<List<Integer>> group(int[] offsets) {
    List<Integer> byLength = IntStream.range(0, offsets.length - 1).boxed()
        .sorted(Comparator.comparingInt((Integer s) -> -length(offsets, s))).toList();
    List<List<Integer>> groups = new ArrayList<>();
    List<Integer> current = new ArrayList<>();
    long real = 0;
    for (int s : byLength) {
      long block = current.isEmpty() ? 0 : (long) length(offsets, current.getFirst()) * (current.size() + 1);
      if (!current.isEmpty() && block - real - length(offsets, s) > MAX_BLOCK_WASTE * block) {
        groups.add(current);
        current = new ArrayList<>();
        real = 0;
      }
      current.add(s);
      real += length(offsets, s);
    }
    groups.add(current);
    return groups;
  }

  private static int length(int[] offsets, int s) {
    return offsets[s + 1] - offsets[s];
  }
}
