package io.rlhf4j.actor.dpo;

/**
 * A pair beside what the reference policy says about it.
 *
 * @param pair the pair
 * @param reference its log-probs under the reference policy
 */
record DpoExample(DpoPair pair, ReferenceLogProbs reference) {

  int tokens() {
    return pair.tokens();
  }

  int chosenTokens() {
    return pair.chosen().responseLength();
  }
}
