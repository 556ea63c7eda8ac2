package io.rlhf4j.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.ChatRenderer;
import io.rlhf4j.text.Tokenizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The token at which a sequence is scored. It always is the last one. */
public sealed interface ScoredToken {

  int id();

  /** The sequence with this token at its end. */
  int[] endOf(int[] tokens);

  /** The token at which an answer ends, which is added only where it is missing. */
  record EndOfSequence(int id) implements ScoredToken {

    @Override
    public int[] endOf(int[] tokens) {
      return ended(tokens, id);
    }
  }

  /** A token of its own behind the one that ends the answer, added where it is missing. */
  record RewardToken(int id) implements ScoredToken {

    @Override
    public int[] endOf(int[] tokens) {
      return ended(tokens, id);
    }
  }

  /**
   * What a recipe asks for; without a reward token, where the chat template ends an answer.
   *
   * @param rewardTokenId {@code reward.reward_token_id}
   * @param vocabSize rows of the model's embedding
   * @throws InputException if the tokenizer has no chat template, or the reward token is not in the vocabulary, is the
   *     padding token, or ends answers anyway
   */
  static ScoredToken of(@Nullable Integer rewardTokenId, Tokenizer tokenizer, int vocabSize) {
    // Not the tokenizer's end of sequence: where that is another token, scorers and policies never read it.
    int turnEnd = ChatRenderer.of(tokenizer).turnEndId();
    if (rewardTokenId == null) {
      return new EndOfSequence(turnEnd);
    }
    int known = Math.min(vocabSize, tokenizer.vocabularySize());
    if (rewardTokenId >= known) {
      throw InputException.key("reward.reward_token_id",
          "is " + rewardTokenId + ", must be below " + known + ", the size of the vocabulary");
    }
    if (rewardTokenId == tokenizer.padId()) {
      throw InputException.key("reward.reward_token_id",
          "is " + rewardTokenId + ", the padding token, must be a token that padding cannot hide");
    }
    if (rewardTokenId == turnEnd || rewardTokenId == tokenizer.eosId()) {
      throw InputException.key("reward.reward_token_id", "is " + rewardTokenId
          + ", a token that ends answers anyway, must be left out or a token that occurs nowhere else");
    }
    return new RewardToken(rewardTokenId);
  }

  private static int[] ended(int[] tokens, int id) {
    if (tokens.length > 0 && tokens[tokens.length - 1] == id) {
      return tokens;
    }
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = id;
    return longer;
  }
}
