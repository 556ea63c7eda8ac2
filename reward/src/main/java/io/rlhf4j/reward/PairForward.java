package io.rlhf4j.reward;

import io.rlhf4j.data.Batches;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Both sides of pairs in one packed forward; what they share is computed once: the prompt of the two answers, and an
 * answer that stands in several pairs.
 *
 * @param chosen scores at the last tokens of the chosen sequences, {@code [N]}
 * @param rejected scores at the last tokens of the rejected sequences, {@code [N]}
 */
record PairForward(Tensor chosen, Tensor rejected) {

  static PairForward run(ScalarModel model, List<TokenizedPair> pairs) {
    DistinctSequences sequences = new DistinctSequences();
    int[] chosen = sequences.indicesOf(pairs, TokenizedPair::chosen);
    int[] rejected = sequences.indicesOf(pairs, TokenizedPair::rejected);
    PackedBatch batch = PackedBatch.sharingPrompts(sequences.all(), model.backbone().config());
    Tensor hidden = model.hidden(batch);
    long[] last = batch.lastRows();
    return new PairForward(model.scores(hidden, select(last, chosen)), model.scores(hidden, select(last, rejected)));
  }

  private static Tensor select(long[] rows, int[] indices) {
    return Tensor.of(Arrays.stream(indices).mapToLong(i -> rows[i]).toArray(), indices.length);
  }

  /** Scores of all pairs in their order, without gradients, in parts of at most {@code maxTokens} tokens. */
  static List<PairScores> scoreAll(ScalarModel model, List<TokenizedPair> pairs, int maxTokens) {
    DistinctSequences sequences = new DistinctSequences();
    int[] chosen = sequences.indicesOf(pairs, TokenizedPair::chosen);
    int[] rejected = sequences.indicesOf(pairs, TokenizedPair::rejected);
    float[] scores = scores(model, sequences.all(), maxTokens);
    return IntStream.range(0, chosen.length)
        .mapToObj(i -> new PairScores(scores[chosen[i]], scores[rejected[i]])).toList();
  }

  private static float[] scores(ScalarModel model, List<TokenSequence> sequences, int maxTokens) {
    float[] scores = new float[sequences.size()];
    int done = 0;
    for (List<TokenSequence> part : Batches.ofTokens(sequences, TokenSequence::length, maxTokens)) {
      try (MemoryScope ignored = MemoryScope.open()) {
        PackedBatch batch = PackedBatch.sharingPrompts(part, model.backbone().config());
        Tensor last = Tensor.of(batch.lastRows(), part.size());
        float[] measured = model.scores(batch, last).toFloats();
        System.arraycopy(measured, 0, scores, done, measured.length);
        done += measured.length;
      }
    }
    return scores;
  }
}
