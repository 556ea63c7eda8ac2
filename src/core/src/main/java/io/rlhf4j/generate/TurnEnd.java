package io.rlhf4j.generate;

import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.stream.IntStream;

/**
 * What a generator knows of the tokenizer: where answers end and how tokens read.
 *
 * @param tokens a response ends with the first of these; may be empty
 * @param decoder reads responses in search of stop strings
 */
public record TurnEnd(int[] tokens, TextDecoder decoder) {

  /**
   * Answers end with the end-of-sequence token and, where there is a chat template, with the token that it writes after
   * an answer: instruction-tuned checkpoints often name another one as their end of sequence.
   */
  public static TurnEnd of(Tokenizer tokenizer) {
    IntStream ends = IntStream.of(tokenizer.eosId());
    if (tokenizer.chatTemplate().isPresent()) {
      ends = IntStream.concat(ends, IntStream.of(ChatRenderer.of(tokenizer).turnEndId()));
    }
    return new TurnEnd(ends.distinct().toArray(), tokens -> tokenizer.decode(tokens, false));
  }

  /** Without a tokenizer there are no stop strings. */
  public static TurnEnd ofTokens(int... tokens) {
    return new TurnEnd(tokens, ids -> {
      throw new IllegalArgumentException("stop strings need a tokenizer");
    });
  }
}
