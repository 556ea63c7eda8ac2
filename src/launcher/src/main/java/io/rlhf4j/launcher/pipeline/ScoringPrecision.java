package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.reward.PairAgreement;
import io.rlhf4j.reward.PairSource;
import io.rlhf4j.reward.TokenizedPair;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** Decides in which numbers the reward model scores: INT8 only where that hardly changes what it prefers. */
final class ScoringPrecision {

  /** Enough to tell 99 % from 98 %. */
  private static final int PAIRS = 1000;

  private ScoringPrecision() {}

  /** @param news told what was measured, if the recipe asks for INT8 */
  static InferencePrecision choose(RecipeConfig recipe, Path reward, PairSource test,
      Consumer<String> news) {
    if (recipe.ppo().rewardPrecision() == InferencePrecision.FP32) {
      return InferencePrecision.FP32;
    }
    if (test.size() == 0) {
      news.accept("ppo.reward_precision: there are no test pairs to compare INT8 scores on; scores stay in fp32");
      return InferencePrecision.FP32;
    }
    List<TokenizedPair> compared = test.asList().subList(0, Math.min(PAIRS, test.size()));
    PairAgreement agreement = PairAgreement.measure(reward, compared, recipe.ppo().microBatchTokens());
    boolean allowed = agreement.allowsInt8();
    news.accept("ppo.reward_precision: " + agreement.toText() + (allowed ? "; scores are computed in INT8"
        : ", fewer than 99 %; scores stay in fp32"));
    return allowed ? InferencePrecision.INT8 : InferencePrecision.FP32;
  }
}
