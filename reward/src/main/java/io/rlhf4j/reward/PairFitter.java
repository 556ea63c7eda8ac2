package io.rlhf4j.reward;

import io.rlhf4j.config.LengthPolicy;
import io.rlhf4j.data.SkipReason;
import io.rlhf4j.rl.TokenSequence;
import java.util.Arrays;

/**
 * Brings the two sequences of a pair within the limits.
 *
 * <p>When it may cut, it cuts the oldest tokens of the prompt, as many on both sides so that they still share it; a
 * first token {@code bos} stays. An answer that leaves no room for one token of prompt loses its end. The scored token
 * is added last and is never cut.
 *
 * @param scored the token at the end of both sequences
 * @param bosId id of the token that starts every sequence, or -1
 * @param maxLength longest sequence, scored token included, tokens; at least 3
 * @param maxPromptLength longest prompt, tokens
 * @param policy what to do with pairs beyond these limits
 */
record PairFitter(ScoredToken scored, int bosId, int maxLength, int maxPromptLength, LengthPolicy policy) {

  /** Prompt, chosen and rejected answer, none with the scored token as yet (an answer may end with eos). */
  Outcome fit(int[] prompt, int[] chosen, int[] rejected, double margin) {
    int[] better = scored.endOf(chosen);
    int[] worse = scored.endOf(rejected);
    int longest = Math.max(better.length, worse.length);
    boolean promptTooLong = prompt.length > maxPromptLength;
    boolean tooLong = prompt.length + longest > maxLength;
    if (policy == LengthPolicy.DROP && (promptTooLong || tooLong)) {
      return new Outcome.Skipped(promptTooLong ? SkipReason.PROMPT_TOO_LONG : SkipReason.TOO_LONG);
    }
    int[] kept = lastOf(prompt, Math.max(1, Math.min(maxPromptLength, maxLength - longest)));
    TokenSequence first = TokenSequence.of(kept, firstOf(better, maxLength - kept.length));
    TokenSequence second = TokenSequence.of(kept, firstOf(worse, maxLength - kept.length));
    if (Arrays.equals(first.tokens(), second.tokens())) {
      return new Outcome.Skipped(SkipReason.EQUAL_ANSWERS);
    }
    return new Outcome.Fitted(new TokenizedPair(first, second, margin), promptTooLong || tooLong);
  }

  private int[] lastOf(int[] prompt, int room) {
    if (prompt.length <= room) {
      return prompt;
    }
    int[] kept = Arrays.copyOfRange(prompt, prompt.length - room, prompt.length);
    if (room > 1 && prompt[0] == bosId) {
      kept[0] = bosId;
    }
    return kept;
  }

  /** The answer cut to {@code room} tokens, the last of them the scored one. */
  private int[] firstOf(int[] ended, int room) {
    if (ended.length <= room) {
      return ended;
    }
    int[] kept = Arrays.copyOf(ended, room);
    kept[room - 1] = scored.id();
    return kept;
  }
}
