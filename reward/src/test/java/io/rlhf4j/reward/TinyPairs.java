package io.rlhf4j.reward;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.LlamaConfig;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Pairs that a tiny model can learn: the better answer holds more of the token {@link #GOOD}. */
final class TinyPairs {

  static final int GOOD = 7;
  static final int EOS = 1;
  private static final LlamaConfig CONFIG = new LlamaConfig(20, 16, 32, 2, 4, 2, 4, 1e-5, 10_000, 64, true);

  private TinyPairs() {}

  static ScalarModel model(long seed) {
    return ScalarModel.withNewHead(CausalModel.random(CONFIG, 0.2, seed), 0.1, seed);
  }

  static RewardConfig config(String keys) {
    return RecipeConfig.parse("reward: {" + keys + "}").reward();
  }

  static List<TokenizedPair> random(int count, long seed) {
    Random random = new Random(seed);
    List<TokenizedPair> pairs = new ArrayList<>();
    while (pairs.size() < count) {
      int[] prompt = random.ints(1 + random.nextInt(4), 8, 20).toArray();
      TokenSequence a = answer(prompt, random);
      TokenSequence b = answer(prompt, random);
      if (good(a) != good(b)) {
        pairs.add(new TokenizedPair(good(a) > good(b) ? a : b, good(a) > good(b) ? b : a, 0.5));
      }
    }
    return pairs;
  }

  private static TokenSequence answer(int[] prompt, Random random) {
    int[] answer = random.ints(2 + random.nextInt(8), 4, 10).toArray();
    answer[answer.length - 1] = EOS;
    return TokenSequence.of(prompt, answer);
  }

  private static long good(TokenSequence sequence) {
    return Arrays.stream(sequence.tokens()).filter(token -> token == GOOD).count();
  }
}
