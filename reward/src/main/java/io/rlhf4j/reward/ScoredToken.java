package io.rlhf4j.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.text.Tokenizer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The token at which a sequence is scored. It always is the last one. */
public sealed interface ScoredToken {

  int id();

  /** The sequence with this token at its end. */
  int[] endOf(int[] tokens);

  /** The end-of-sequence token, which is added only where it is missing. */
  record EndOfSequence(int id) implements ScoredToken {

    @Override
    public int[] endOf(int[] tokens) {
      return tokens.length > 0 && tokens[tokens.length - 1] == id ? tokens : append(tokens, id);
    }
  }

  /** A token of its own, always added, behind the end-of-sequence token where there is one. */
  record RewardToken(int id) implements ScoredToken {

    @Override
    public int[] endOf(int[] tokens) {
      return append(tokens, id);
    }
  }

  /**
   * What a recipe asks for.
   *
   * @param rewardTokenId {@code reward.reward_token_id}
   * @param vocabSize rows of the model's embedding
   * @throws InputException if the reward token is not in the vocabulary, or is the padding token
   */
  static ScoredToken of(@Nullable Integer rewardTokenId, Tokenizer tokenizer, int vocabSize) {
    if (rewardTokenId == null) {
      return new EndOfSequence(tokenizer.eosId());
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
    return new RewardToken(rewardTokenId);
  }

  private static int[] append(int[] tokens, int id) {
    int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
    longer[tokens.length] = id;
    return longer;
  }
}
