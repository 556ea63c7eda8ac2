package io.rlhf4j.generate;

import io.rlhf4j.config.InputException;
import io.rlhf4j.rl.StopRules;
import java.util.BitSet;

/** What ends a response. */
final class Stops {

  private final BitSet tokens = new BitSet();
  private final StopStrings strings;

  private Stops(StopStrings strings) {
    this.strings = strings;
  }

  static Stops of(TurnEnd turnEnd, StopRules rules, int vocabSize) {
    Stops stops = new Stops(new StopStrings(rules.strings(), turnEnd.decoder()));
    for (int token : turnEnd.tokens()) {
      if (token < 0 || token >= vocabSize) {
        throw new IllegalArgumentException("stop token " + token + " is outside the vocabulary of " + vocabSize);
      }
      stops.tokens.set(token);
    }
    for (int token : rules.tokenIds()) {
      if (token < 0 || token >= vocabSize) {
        throw InputException.key("stop_token_ids", "holds " + token + ", must be below the vocabulary's " + vocabSize);
      }
      stops.tokens.set(token);
    }
    return stops;
  }

  boolean contains(int token) {
    return tokens.get(token);
  }

  /** Stop tokens, ascending. */
  int[] tokens() {
    return tokens.stream().toArray();
  }

  StopStrings strings() {
    return strings;
  }
}
