package io.rlhf4j.actor.dpo;

import io.rlhf4j.config.DpoLossType;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.train.ResponseLogProbs;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import java.nio.FloatBuffer;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;
import java.util.function.Function;
import java.util.function.IntConsumer;
import java.util.stream.Stream;

/**
 * What the reference policy says about a pair. Computed once before training, so that the reference need not stay in
 * memory and costs no forward pass in any step.
 *
 * @param chosen log-prob of the compared tokens of the chosen answer, nats: their sum, or their mean for
 *     {@link DpoLossType#IPO}
 * @param rejected likewise of the rejected answer
 */
public record ReferenceLogProbs(float chosen, float rejected) {

  /**
   * Asks a model about all pairs, in their order.
   *
   * @param maxTokens tokens of one forward pass
   * @param progress told how many pairs each pass has added
   */
  public static List<ReferenceLogProbs> of(CausalModel reference, List<DpoPair> pairs, DpoLossType loss, int maxTokens,
      IntConsumer progress) {
    return of(sequences -> ResponseLogProbs.of(reference, sequences, 1, Integer.MAX_VALUE), pairs, loss, maxTokens,
        progress);
  }

  /**
   * Like the other, wherever the reference is.
   *
   * @param reference log-probs of the responses' tokens at temperature 1, all of them in one forward pass
   */
  public static List<ReferenceLogProbs> of(Function<List<TokenSequence>, List<float[]>> reference, List<DpoPair> pairs,
      DpoLossType loss, int maxTokens, IntConsumer progress) {
    FloatBuffer chosen = FloatBuffer.allocate(pairs.size());
    FloatBuffer rejected = FloatBuffer.allocate(pairs.size());
    Batches.eachOfTokens(pairs, DpoPair::tokens, maxTokens, part -> {
      List<TokenSequence> sequences =
          part.stream().flatMap(pair -> Stream.of(pair.chosen(), pair.rejected())).toList();
      List<float[]> logProbs = reference.apply(sequences);
      for (int p = 0; p < part.size(); p++) {
        DpoPair pair = part.get(p);
        chosen.put(sum(logProbs.get(2 * p), pair.comparedChosen(), loss));
        rejected.put(sum(logProbs.get(2 * p + 1), pair.comparedRejected(), loss));
      }
      progress.accept(part.size());
    });
    return of(chosen.array(), rejected.array());
  }

  /** Eight bytes a pair. */
  private static List<ReferenceLogProbs> of(float[] chosen, float[] rejected) {
    class Known extends AbstractList<ReferenceLogProbs> implements RandomAccess {
      @Override
      public ReferenceLogProbs get(int at) {
        return new ReferenceLogProbs(chosen[at], rejected[at]);
      }

      @Override
      public int size() {
        return chosen.length;
      }
    }
    return new Known();
  }

  private static float sum(float[] logProbs, boolean[] compared, DpoLossType loss) {
    float weight = DpoBatch.weight(compared, loss);
    double sum = 0;
    for (int t = 0; t < logProbs.length; t++) {
      sum += compared[t] ? logProbs[t] * weight : 0;
    }
    return (float) sum;
  }
}
