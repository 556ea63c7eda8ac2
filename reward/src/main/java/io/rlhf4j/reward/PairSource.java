package io.rlhf4j.reward;

import io.rlhf4j.data.Batches;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * Pairs by their numbers, from memory or from files ({@link PairStore}). What decides the order of training is known
 * without their tokens. One thread at a time.
 */
public interface PairSource {

  int size();

  /** @param pair from 0 to {@link #size} */
  TokenizedPair get(int pair);

  /** The prompt of each pair as a group: numbered from 0 in the order in which they are first met. */
  int[] prompts();

  /** {@link TokenizedPair#tokens} of a pair. */
  int tokens(int pair);

  /** {@link TokenizedPair#packedTokens} of a pair. */
  int packedTokens(int pair);

  /** Pairs in memory. */
  static PairSource of(List<TokenizedPair> pairs) {
    return new PairSource() {
      @Override
      public int size() {
        return pairs.size();
      }

      @Override
      public TokenizedPair get(int pair) {
        return pairs.get(pair);
      }

      @Override
      public int[] prompts() {
        return Batches.groups(pairs, TokenizedPair::prompt);
      }

      @Override
      public int tokens(int pair) {
        return pairs.get(pair).tokens();
      }

      @Override
      public int packedTokens(int pair) {
        return pairs.get(pair).packedTokens();
      }
    };
  }

  /** All pairs in their order; each is read when it is asked for. */
  default List<TokenizedPair> asList() {
    class Read extends AbstractList<TokenizedPair> implements RandomAccess {
      @Override
      public TokenizedPair get(int index) {
        return PairSource.this.get(index);
      }

      @Override
      public int size() {
        return PairSource.this.size();
      }
    }
    return new Read();
  }
}
