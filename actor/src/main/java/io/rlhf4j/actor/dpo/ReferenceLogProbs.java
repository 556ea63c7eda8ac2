package io.rlhf4j.actor.dpo;

import io.rlhf4j.config.DpoLossType;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.train.ResponseLogProbs;
import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.RowWords;
import io.rlhf4j.model.CausalModel;
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
    RowWords known = RowSpace.of(pairs).words(pairs.size());
    int[] done = {0};
    Batches.eachOfTokens(pairs, DpoPair::tokens, maxTokens, part -> {
      List<TokenSequence> sequences =
          part.stream().flatMap(pair -> Stream.of(pair.chosen(), pair.rejected())).toList();
      List<float[]> logProbs = reference.apply(sequences);
      for (int p = 0; p < part.size(); p++) {
        DpoPair pair = part.get(p);
        known.put(done[0]++, new ReferenceLogProbs(sum(logProbs.get(2 * p), pair.comparedChosen(), loss),
            sum(logProbs.get(2 * p + 1), pair.comparedRejected(), loss)).word());
      }
      progress.accept(part.size());
    });
    return of(known);
  }

  /** Both in eight bytes. */
  long word() {
    return (long) Float.floatToRawIntBits(chosen) << Integer.SIZE
        | Integer.toUnsignedLong(Float.floatToRawIntBits(rejected));
  }

  /** @param words of {@link #word} */
  static List<ReferenceLogProbs> of(RowWords words) {
    class Known extends AbstractList<ReferenceLogProbs> implements RandomAccess {
      @Override
      public ReferenceLogProbs get(int at) {
        long word = words.get(at);
        return new ReferenceLogProbs(Float.intBitsToFloat((int) (word >>> Integer.SIZE)),
            Float.intBitsToFloat((int) word));
      }

      @Override
      public int size() {
        return words.size();
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
