package io.rlhf4j.reward.kind;

import io.rlhf4j.rl.TokenSequence;
import java.util.Arrays;

/**
 * Brings a sequence within what a model can read: the oldest tokens of the prompt go first, a start token stays; an
 * answer that leaves no room for one token of prompt loses tokens before its last, which is the one that is scored.
 *
 * @param maxLength longest sequence, tokens; at least 2
 * @param bosId id of the token that starts every sequence, or -1
 */
record SequenceFitter(int maxLength, int bosId) {

  TokenSequence fit(TokenSequence sequence) {
    if (sequence.length() <= maxLength) {
      return sequence;
    }
    int[] tokens = sequence.tokens();
    int answer = Math.min(sequence.responseLength(), maxLength - 1);
    int prompt = maxLength - answer;
    int[] kept = new int[maxLength];
    System.arraycopy(tokens, sequence.promptLength() - prompt, kept, 0, prompt);
    if (prompt > 1 && tokens[0] == bosId) {
      kept[0] = bosId;
    }
    System.arraycopy(tokens, sequence.promptLength(), kept, prompt, answer);
    if (answer > 0) {
      kept[maxLength - 1] = tokens[tokens.length - 1];
    }
    return new TokenSequence(Arrays.copyOf(kept, prompt + answer), prompt);
  }
}
