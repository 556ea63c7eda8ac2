package io.rlhf4j.reward;

import io.rlhf4j.generate.ResponseText;
import io.rlhf4j.rl.StopRules;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * A reward model that scores what a policy with the same tokenizer has sampled. A policy may end an answer with eos, a
 * stop token or a stop string where its chat template ends turns with another token: the answer is then closed as the
 * template does it, because the model has learned to be read at that token only. A cut answer stays as it is.
 */
public final class ScoredAtTurnEnd implements RewardRole {

  private final RewardRole model;
  private final Tokenizer tokenizer;
  private final StopRules stop;
  private final int turnEnd;

  private ScoredAtTurnEnd(RewardRole model, Tokenizer tokenizer, StopRules stop) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.stop = stop;
    this.turnEnd = ChatRenderer.of(tokenizer).turnEndId();
  }

  /**
   * @param model scores; belongs to the new object, and is closed if there is none
   * @param directory of its tokenizer, which is the policy's
   * @param stop the rules that the answers are sampled with
   * @throws io.rlhf4j.config.InputException if the tokenizer cannot be read or has no chat template
   */
  public static ScoredAtTurnEnd open(RewardRole model, Path directory, StopRules stop) {
    try {
      Tokenizer tokenizer = Tokenizer.load(directory);
      try {
        return new ScoredAtTurnEnd(model, tokenizer, stop);
      } catch (RuntimeException e) {
        tokenizer.close();
        throw e;
      }
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  @Override
  public float[] score(List<TokenSequence> sequences) {
    return model.score(sequences.stream().map(this::closed).toList());
  }

  private TokenSequence closed(TokenSequence sequence) {
    int[] tokens = sequence.tokens();
    int last = tokens[tokens.length - 1];
    if (sequence.responseLength() == 0 || last == turnEnd) {
      return sequence;
    }
    boolean isStop = stop.tokenIds().contains(last);
    if (last == tokenizer.eosId() || isStop && tokenizer.decode(new int[] {last}, true).isEmpty()) {
      return closed(Arrays.copyOf(tokens, tokens.length - 1), sequence.promptLength());
    }
    if (isStop) {
      return closed(tokens, sequence.promptLength());
    }
    if (stop.strings().isEmpty()) {
      return sequence;
    }
    int[] response = Arrays.copyOfRange(tokens, sequence.promptLength(), tokens.length);
    String shown = ResponseText.of(response, tokenizer, stop);
    // Without a stop string, which a reader does not see, the answer was cut by its length.
    return shown.equals(tokenizer.decode(response, true)) ? sequence
        : TokenSequence.of(Arrays.copyOf(tokens, sequence.promptLength()), ended(tokensOf(shown, response)));
  }

  private TokenSequence closed(int[] tokens, int promptLength) {
    return new TokenSequence(ended(tokens), promptLength);
  }

  private int[] ended(int[] tokens) {
    return new ScoredToken.EndOfSequence(turnEnd).endOf(tokens);
  }

  /** The tokens of the response that spell the beginning of it; only one in which that ends is spelled anew. */
  private int[] tokensOf(String beginning, int[] response) {
    int whole = response.length;
    String known = tokenizer.decode(response, true);
    while (!beginning.startsWith(known)) {
      known = tokenizer.decode(Arrays.copyOf(response, --whole), true);
    }
    int[] rest = tokenizer.encode(beginning.substring(known.length()));
    int[] tokens = Arrays.copyOf(response, whole + rest.length);
    System.arraycopy(rest, 0, tokens, whole, rest.length);
    return tokens;
  }

  @Override
  public void close() {
    tokenizer.close();
    model.close();
  }
}
