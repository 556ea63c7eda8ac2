package io.rlhf4j.reward;

import io.rlhf4j.data.Batches;
import io.rlhf4j.data.RowNumbers;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.Spacious;
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
  RowNumbers prompts();

  /** {@link TokenizedPair#tokens} of a pair. */
  int tokens(int pair);

  /** {@link TokenizedPair#packedTokens} of a pair. */
  int packedTokens(int pair);

  /** Where arrays of a length that goes with the pairs lie. */
  default RowSpace space() {
    return RowSpace.HEAP;
  }

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
      public RowNumbers prompts() {
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
    class Read extends AbstractList<TokenizedPair> implements RandomAccess, Spacious {
      @Override
      public RowSpace space() {
        return PairSource.this.space();
      }

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
