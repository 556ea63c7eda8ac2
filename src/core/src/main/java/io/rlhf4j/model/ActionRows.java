package io.rlhf4j.model;

import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where the actions of packed sequences are read: action {@code t} of a response is predicted from the hidden state one
 * position before its token, which is also the state whose value belongs to it.
 *
 * @param rows rows of the packed batch, all sequences' actions one after the other, {@code [N]} int64
 * @param targets the action tokens, {@code [N]} int64
 * @param counts actions of each sequence, {@code [sequences]}
 */
public record ActionRows(Tensor rows, Tensor targets, int[] counts) {

  public static ActionRows of(PackedBatch batch, List<TokenSequence> sequences) {
    int[] counts = sequences.stream().mapToInt(TokenSequence::responseLength).toArray();
    int total = Arrays.stream(counts).sum();
    long[] rows = new long[total];
    long[] targets = new long[total];
    int at = 0;
    for (int s = 0; s < sequences.size(); s++) {
      TokenSequence sequence = sequences.get(s);
      for (int t = 0; t < counts[s]; t++, at++) {
        rows[at] = batch.row(s, sequence.promptLength() - 1 + t);
        targets[at] = sequence.tokens()[sequence.promptLength() + t];
      }
    }
    return new ActionRows(Tensor.of(rows, total), Tensor.of(targets, total), counts);
  }

  /** Number of actions of all sequences. */
  public int total() {
    return Arrays.stream(counts).sum();
  }

  /** Cuts values of all actions, {@code [N]}, into one array for each sequence. */
  public List<float[]> split(float[] values) {
    List<float[]> parts = new ArrayList<>(counts.length);
    int at = 0;
    for (int count : counts) {
      parts.add(Arrays.copyOfRange(values, at, at + count));
      at += count;
    }
    return parts;
  }
}
