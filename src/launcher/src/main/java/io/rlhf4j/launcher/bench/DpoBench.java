package io.rlhf4j.launcher.bench;

import io.rlhf4j.actor.dpo.DpoPair;
import io.rlhf4j.actor.dpo.DpoTrainer;
import io.rlhf4j.actor.dpo.ReferenceLogProbs;
import io.rlhf4j.config.DpoConfig;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.rl.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** DPO on pairs of mixed lengths as {@code rlhf dpo} does it: log-probs of the reference first, then the steps. */
final class DpoBench {

  private static final int STEPS = 3;

  private final CausalModel model;
  private final List<DpoPair> pairs;
  private final DpoConfig config;

  /**
   * @param lengths of the chosen sequences of one optimiser step, tokens, of which a third is the prompt; each pair's
   *     rejected answer is as long as the chosen one of the next pair
   */
  DpoBench(CausalModel model, int[] lengths) {
    this.model = model;
    this.config = RecipeConfig.parse("""
        dpo: {batch_size: %d, micro_batch_tokens: 16384, learning_rate: 1.0e-5, nll_coef: 0.0, save_strategy: 'no'}
        """.formatted(lengths.length)).dpo();
    Random random = new Random(12);
    this.pairs = new ArrayList<>();
    for (int i = 0; i < STEPS * lengths.length; i++) {
      int length = lengths[i % lengths.length];
      int next = lengths[(i + 1) % lengths.length];
      int[] prompt = tokens(random, length / 3);
      int[] chosen = tokens(random, length - length / 3);
      int[] rejected = tokens(random, next - next / 3);
      pairs.add(new DpoPair(TokenSequence.of(prompt, chosen), TokenSequence.of(prompt, rejected), all(chosen.length),
          all(rejected.length)));
    }
  }

  private int[] tokens(Random random, int count) {
    return random.ints(Math.max(1, count), 0, model.backbone().config().vocabSize()).toArray();
  }

  private static boolean[] all(int count) {
    boolean[] all = new boolean[count];
    Arrays.fill(all, true);
    return all;
  }

  /** Seconds of an optimiser step, the reference's share included. */
  double secondsPerStep() {
    long start = System.nanoTime();
    List<ReferenceLogProbs> reference =
        ReferenceLogProbs.of(model, pairs, config.loss(), config.microBatchTokens(), count -> {});
    new DpoTrainer(model, config, 17).train(pairs, reference, (step, total, tokens, metrics) -> {});
    return (System.nanoTime() - start) * 1e-9 / STEPS;
  }
}
