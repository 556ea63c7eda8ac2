package io.rlhf4j.model;

import io.rlhf4j.rl.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which row of a packed batch holds which token. Each sequence is a prompt part, which neighbours may share, and a part
 * of its own behind it.
 */
final class PackedLayout {

  private final int[] promptStarts;
  private final int[] promptLengths;
  private final int[] ownStarts;
  private final int[] lengths;
  private final int rows;

  private PackedLayout(int[] promptStarts, int[] promptLengths, int[] ownStarts, int[] lengths, int rows) {
    this.promptStarts = promptStarts;
    this.promptLengths = promptLengths;
    this.ownStarts = ownStarts;
    this.lengths = lengths;
    this.rows = rows;
  }

  /** Every sequence stands alone. */
  static PackedLayout separate(List<int[]> sequences) {
    int n = sequences.size();
    int[] starts = new int[n];
    int[] lengths = new int[n];
    int rows = 0;
    for (int s = 0; s < n; s++) {
      starts[s] = rows;
      lengths[s] = sequences.get(s).length;
      rows = Math.addExact(rows, lengths[s]);
    }
    return new PackedLayout(new int[n], new int[n], starts, lengths, rows);
  }

  /**
   * Neighbours with the same prompt share its rows.
   *
   * @param longestShort where a prompt of a longer sequence is another than that of a shorter one, see
   *     {@link io.rlhf4j.model.family.PositionStyle#longestShort()}
   */
  static PackedLayout sharing(List<TokenSequence> sequences, int longestShort) {
    int n = sequences.size();
    int[] promptStarts = new int[n];
    int[] promptLengths = new int[n];
    int[] ownStarts = new int[n];
    int[] lengths = new int[n];
    int rows = 0;
    for (int s = 0; s < n; s++) {
      TokenSequence sequence = sequences.get(s);
      if (s > 0 && samePrompt(sequences.get(s - 1), sequence)
          && lengths[s - 1] > longestShort == sequence.length() > longestShort) {
        promptStarts[s] = promptStarts[s - 1];
      } else {
        promptStarts[s] = rows;
        rows = Math.addExact(rows, sequence.promptLength());
      }
      promptLengths[s] = sequence.promptLength();
      ownStarts[s] = rows;
      lengths[s] = sequence.length();
      rows = Math.addExact(rows, sequence.responseLength());
    }
    return new PackedLayout(promptStarts, promptLengths, ownStarts, lengths, rows);
  }

  private static boolean samePrompt(TokenSequence a, TokenSequence b) {
    return a.promptLength() == b.promptLength()
        && Arrays.equals(a.tokens(), 0, a.promptLength(), b.tokens(), 0, b.promptLength());
  }

  int sequences() {
    return lengths.length;
  }

  int rows() {
    return rows;
  }

  int length(int s) {
    return lengths[s];
  }

  /** Row of token {@code t} of sequence {@code s}. */
  int row(int s, int t) {
    return t < promptLengths[s] ? promptStarts[s] + t : ownStarts[s] + t - promptLengths[s];
  }

  /** Whether the rows of all sequences follow one another without sharing. */
  boolean isContiguous() {
    return rows == Arrays.stream(lengths).asLongStream().sum();
  }

  /** Whether the rows of all sequences follow one another without sharing, and all sequences are equally long. */
  boolean isOneBlock() {
    return rows == sequences() * lengths[0] && Arrays.stream(lengths).allMatch(length -> length == lengths[0]);
  }

  /** Sequences by length, longest first; equal lengths keep their order. */
  List<Integer> longestFirst() {
    List<Integer> order = new ArrayList<>(IntStream.range(0, sequences()).boxed().toList());
    order.sort((a, b) -> Integer.compare(lengths[b], lengths[a]));
    return order;
  }
}
