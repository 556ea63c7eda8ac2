package io.rlhf4j.actor.dpo;

import io.rlhf4j.config.InputException;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A pair beside what the reference policy says about it.
 *
 * @param pair the pair
 * @param reference its log-probs under the reference policy
 */
record DpoExample(DpoPair pair, ReferenceLogProbs reference) {

  /** @throws InputException if there is no pair */
  static List<DpoExample> of(List<DpoPair> pairs, List<ReferenceLogProbs> reference) {
    if (pairs.isEmpty()) {
      throw new InputException("there is no preference pair to learn from");
    }
    if (pairs.size() != reference.size()) {
      throw new IllegalArgumentException(pairs.size() + " pairs with " + reference.size() + " reference log-probs");
    }
    return IntStream.range(0, pairs.size()).mapToObj(i -> new DpoExample(pairs.get(i), reference.get(i))).toList();
  }

  int tokens() {
    return pair.tokens();
  }

  int chosenTokens() {
    return pair.chosen().responseLength();
  }
}
