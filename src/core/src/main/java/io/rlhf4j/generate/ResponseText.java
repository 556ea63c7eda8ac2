package io.rlhf4j.generate;

import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.text.Tokenizer;

/** What a reader sees of a response: its text without special tokens and without the stop string that ended it. */
public final class ResponseText {

  private ResponseText() {}

  /** @param stop the rules that the rollout was sampled with */
  public static String of(Rollout rollout, Tokenizer tokenizer, StopRules stop) {
    return rollout.finish() == FinishReason.STOP_STRING ? of(rollout.response(), tokenizer, stop)
        : tokenizer.decode(rollout.response(), true);
  }

  /**
   * The same for who knows no more than the tokens: if the last of them completes a stop string, that ended the
   * response.
   */
  public static String of(int[] response, Tokenizer tokenizer, StopRules stop) {
    TextDecoder plain = tokens -> tokenizer.decode(tokens, true);
    return new StopStrings(stop.strings(), plain).cut(response);
  }
}
