package io.rlhf4j.actor.dpo;

import io.rlhf4j.config.InputException;
import io.rlhf4j.data.RowSpace;
import io.rlhf4j.data.Spacious;
import java.util.AbstractList;
import java.util.List;
import java.util.RandomAccess;

/**
 * A pair beside what the reference policy says about it.
 *
 * @param pair the pair
 * @param reference its log-probs under the reference policy
 */
record DpoExample(DpoPair pair, ReferenceLogProbs reference) {

  /**
   * Each is made when it is asked for.
   *
   * @throws InputException if there is no pair
   */
  static List<DpoExample> of(List<DpoPair> pairs, List<ReferenceLogProbs> reference) {
    if (pairs.isEmpty()) {
      throw new InputException("there is no preference pair to learn from");
    }
    if (pairs.size() != reference.size()) {
      throw new IllegalArgumentException(pairs.size() + " pairs with " + reference.size() + " reference log-probs");
    }
    class Examples extends AbstractList<DpoExample> implements RandomAccess, Spacious {
      @Override
      public RowSpace space() {
        return RowSpace.of(pairs);
      }

      @Override
      public DpoExample get(int at) {
        return new DpoExample(pairs.get(at), reference.get(at));
      }

      @Override
      public int size() {
        return pairs.size();
      }
    }
    return new Examples();
  }

  int tokens() {
    return pair.tokens();
  }

  int chosenTokens() {
    return pair.chosen().responseLength();
  }
}
