package io.rlhf4j.model;

import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.model.family.PositionStyle;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sequences of different lengths as one row of tokens, with the plan by which attention regroups them. Tensors belong
 * to the memory scope in which the batch was made.
 */
public final class PackedBatch {

  /** A block takes a shorter sequence only while padding stays below this share of the block. */
  private static final double MAX_BLOCK_WASTE = 0.2;

  /** Sequences of at least so many tokens on average are attended to one by one, where they stand. */
  private static final int LONG_SEQUENCES = 128;

  private final PackedLayout layout;
  private final Tensor tokens;
  private final Tensor positions;
  private final List<Tensor> blocks;
  private final int[] blockLengths;
  private final Tensor order;

  private PackedBatch(PackedLayout layout, Tensor tokens, Tensor positions, List<Tensor> blocks, int[] blockLengths,
      Tensor order) {
    this.layout = layout;
    this.tokens = tokens;
    this.positions = positions;
    this.blocks = blocks;
    this.blockLengths = blockLengths;
    this.order = order;
  }

  /** Packs the sequences in the given order. */
  public static PackedBatch of(List<int[]> sequences) {
    check(sequences);
    return build(PackedLayout.separate(sequences), sequences);
  }

  /**
   * Packs the sequences in the given order; neighbours with the same prompt share one copy of it, so that the prompt
   * goes through the model once. Results and gradients are those of {@link #of}: under the causal mask a prompt does
   * not see what follows it. Where a model turns longer sequences by other frequencies, those share none with shorter.
   *
   * @param shape of the model that the batch is for
   */
  public static PackedBatch sharingPrompts(List<TokenSequence> sequences, DecoderShape shape) {
    return sharingPrompts(sequences, shape.positions().longestShort());
  }

  /** For models whose positions are the same in sequences of any length. */
  static PackedBatch sharingPrompts(List<TokenSequence> sequences) {
    return sharingPrompts(sequences, Integer.MAX_VALUE);
  }

  private static PackedBatch sharingPrompts(List<TokenSequence> sequences, int longestShort) {
    List<int[]> tokens = sequences.stream().map(TokenSequence::tokens).toList();
    check(tokens);
    return build(PackedLayout.sharing(sequences, longestShort), tokens);
  }

  public int sequences() {
    return layout.sequences();
  }

  /** Tokens of sequence {@code s}, a shared prompt included. */
  public int length(int s) {
    return layout.length(s);
  }

  /** Row of token {@code t} of sequence {@code s} in every tensor that the model computes. */
  public int row(int s, int t) {
    return layout.row(s, t);
  }

  /** Row of the last token of every sequence, {@code [sequences]}. */
  public long[] lastRows() {
    return IntStream.range(0, sequences()).mapToLong(s -> row(s, length(s) - 1)).toArray();
  }

  /** Rows in all: the tokens that go through the model. */
  public int rows() {
    return layout.rows();
  }

  /** Token ids, {@code [T]} int64. */
  public Tensor tokens() {
    return tokens;
  }

  /**
   * Where the position of each token in its own sequence stands in the model's tables of positions, {@code [T]} int64:
   * the position itself, unless longer sequences have positions of another kind.
   */
  public Tensor places(PositionStyle style) {
    if (longest() <= style.longestShort()) {
      return positions;
    }
    long[] places = new long[rows()];
    Arrays.fill(places, -1);
    for (int s = 0; s < sequences(); s++) {
      for (int t = 0; t < length(s); t++) {
        int row = row(s, t);
        long place = style.place(t, length(s));
        if (places[row] >= 0 && places[row] != place) {
          throw new IllegalArgumentException("sequence " + s + " shares a prompt with one whose positions are of "
              + "another kind; the batch was packed for another model");
        }
        places[row] = place;
      }
    }
    return Tensor.of(places, places.length);
  }

  /** Length of the longest sequence, tokens. */
  int longest() {
    return IntStream.range(0, sequences()).map(this::length).max().orElseThrow();
  }

  /** Rows that fill each attention block, one tensor {@code [G * L]} for each block. */
  public List<Tensor> blocks() {
    return blocks;
  }

  /** {@code L} of each block; without blocks the lengths of all sequences, or the one that all have. Tokens. */
  public int[] blockLengths() {
    return blockLengths.clone();
  }

  /** Whether attention takes its sequences where they stand because they are long. */
  boolean hasLongSequences() {
    return blocks.isEmpty() && rows() >= (long) LONG_SEQUENCES * sequences();
  }

  /** Where each row went in the blocks, {@code [T]}; empty when there are none, because the rows stay in place. */
  public Tensor order() {
    return order;
  }

  private static void check(List<int[]> sequences) {
    if (sequences.isEmpty()) {
      throw new IllegalArgumentException("a batch needs at least one sequence");
    }
    for (int s = 0; s < sequences.size(); s++) {
      if (sequences.get(s).length == 0) {
        throw new IllegalArgumentException("sequence " + s + " of the batch is empty");
      }
    }
  }

  private static PackedBatch build(PackedLayout layout, List<int[]> sequences) {
    long[] tokens = new long[layout.rows()];
    long[] positions = new long[layout.rows()];
    for (int s = 0; s < sequences.size(); s++) {
      int[] sequence = sequences.get(s);
      for (int t = 0; t < sequence.length; t++) {
        tokens[layout.row(s, t)] = sequence[t];
        positions[layout.row(s, t)] = t;
      }
    }
    Tensor tokenTensor = Tensor.of(tokens, tokens.length);
    Tensor positionTensor = Tensor.of(positions, positions.length);
    if (layout.isOneBlock()) {
      return new PackedBatch(layout, tokenTensor, positionTensor, List.of(), new int[] {layout.length(0)},
          Tensor.of(new long[0], 0));
    }
    if (layout.isContiguous() && layout.rows() >= (long) LONG_SEQUENCES * layout.sequences()) {
      return new PackedBatch(layout, tokenTensor, positionTensor, List.of(),
          IntStream.range(0, layout.sequences()).map(layout::length).toArray(), Tensor.of(new long[0], 0));
    }
    return withBlocks(layout, tokenTensor, positionTensor);
  }

  private static PackedBatch withBlocks(PackedLayout layout, Tensor tokens, Tensor positions) {
    List<List<Integer>> groups = group(layout);
    List<Tensor> blocks = new ArrayList<>();
    int[] lengths = new int[groups.size()];
    long[] order = new long[layout.rows()];
    int filled = 0;
    for (int g = 0; g < groups.size(); g++) {
      List<Integer> group = groups.get(g);
      lengths[g] = layout.length(group.getFirst());
      long[] rows = blockRows(layout, group, lengths[g], order, filled);
      blocks.add(Tensor.of(rows, rows.length));
      filled = Math.addExact(filled, rows.length);
    }
    return new PackedBatch(layout, tokens, positions, blocks, lengths, Tensor.of(order, order.length));
  }

  /**
   * Rows of one block. Padding repeats the sequence's own last row, whose results nobody reads. A shared prompt stands
   * in the block of each of its sequences; its results are the same in all and are read from the last.
   */
  private static long[] blockRows(PackedLayout layout, List<Integer> group, int length, long[] order, int filled) {
    long[] rows = new long[Math.multiplyExact(group.size(), length)];
    int at = 0;
    for (int s : group) {
      int own = layout.length(s);
      for (int t = 0; t < length; t++, at++) {
        rows[at] = layout.row(s, Math.min(t, own - 1));
        if (t < own) {
          order[(int) rows[at]] = filled + at;
        }
      }
    }
    return rows;
  }

  /** Longest first; a group is closed when padding the next sequence would waste too much of the block. */
  private static List<List<Integer>> group(PackedLayout layout) {
    List<List<Integer>> groups = new ArrayList<>();
    List<Integer> current = new ArrayList<>();
    long real = 0;
    for (int s : layout.longestFirst()) {
      long block = current.isEmpty() ? 0 : (long) layout.length(current.getFirst()) * (current.size() + 1);
      if (!current.isEmpty() && block - real - layout.length(s) > MAX_BLOCK_WASTE * block) {
        groups.add(current);
        current = new ArrayList<>();
        real = 0;
      }
      current.add(s);
      real += layout.length(s);
    }
    groups.add(current);
    return groups;
  }
}
