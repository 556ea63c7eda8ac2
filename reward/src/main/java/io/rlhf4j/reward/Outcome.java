package io.rlhf4j.reward;

import io.rlhf4j.data.SkipReason;

/** What became of a pair when it was brought within the limits. */
public sealed interface Outcome {

  /** It fits now. */
  record Fitted(TokenizedPair pair, boolean truncated) implements Outcome {}

  /** It is left out. */
  record Skipped(SkipReason reason) implements Outcome {}
}
