package io.rlhf4j.reward;

import io.rlhf4j.data.Batches;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Both sides of pairs in one packed forward; the prompt that they share is computed once.
 *
 * @param chosen scores at the last tokens of the chosen sequences, {@code [N]}
 * @param rejected scores at the last tokens of the rejected sequences, {@code [N]}
 */
record PairForward(Tensor chosen, Tensor rejected) {

  static PairForward run(ScalarModel model, List<TokenizedPair> pairs) {
    List<TokenSequence> sequences = new ArrayList<>(2 * pairs.size());
    for (TokenizedPair pair : pairs) {
      sequences.add(pair.chosen());
      sequences.add(pair.rejected());
    }
    PackedBatch batch = PackedBatch.sharingPrompts(sequences);
    Tensor hidden = model.hidden(batch);
    long[] last = batch.lastRows();
    return new PairForward(model.scores(hidden, every(last, 0)), model.scores(hidden, every(last, 1)));
  }

  /** Every other row, from {@code first} on. */
  private static Tensor every(long[] rows, int first) {
    long[] half = new long[rows.length / 2];
    for (int i = 0; i < half.length; i++) {
      half[i] = rows[2 * i + first];
    }
    return Tensor.of(half, half.length);
  }

  /** Scores of all pairs in their order, without gradients, in parts of at most {@code maxTokens} tokens. */
  static List<PairScores> scoreAll(ScalarModel model, List<TokenizedPair> pairs, int maxTokens) {
    PairScores[] scores = new PairScores[pairs.size()];
    // Neighbours of about the same length leave little padding in the attention blocks.
    List<Integer> byLength = IntStream.range(0, pairs.size()).boxed()
        .sorted(Comparator.comparingInt(i -> pairs.get(i).tokens())).toList();
    for (List<Integer> part : Batches.ofTokens(byLength, i -> pairs.get(i).tokens(), maxTokens)) {
      try (MemoryScope ignored = MemoryScope.open()) {
        PairForward forward = run(model, part.stream().map(pairs::get).toList());
        float[] chosen = forward.chosen.toFloats();
        float[] rejected = forward.rejected.toFloats();
        for (int k = 0; k < chosen.length; k++) {
          scores[part.get(k)] = new PairScores(chosen[k], rejected[k]);
        }
      }
    }
    return List.of(scores);
  }
}
