package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.text.MaskedTokens;
import java.util.Arrays;
import java.util.List;

/** Next-token training before a score head is put on, which gives random weights something to compare with. */
final class LanguageWarmup {

  private LanguageWarmup() {}

  /** Trains for {@code reward.lm_epochs} passes over whole conversations. */
  static void run(RunContext context, CausalModel model, List<int[]> conversations) {
    RecipeConfig recipe = context.recipe();
    RewardConfig reward = recipe.reward();
    if (reward.lmEpochs() == 0) {
      return;
    }
    SftConfig config = new SftConfig(reward.lmEpochs(), recipe.sft().batchSize(), recipe.sft().microBatchTokens(), true,
        SftConfig.Turns.ALL,
        recipe.sft().optimizer());
    List<MaskedTokens> texts = conversations.stream().map(LanguageWarmup::wholly).toList();
    long steps = (long) Math.ceilDiv(texts.size(), config.batchSize()) * config.epochs();
    try (Progress progress = Progress.start("language model", steps)) {
      new SftTrainer(model, config, recipe.seed()).train(texts, (step, total, tokens, metrics) -> {
        context.metrics().log("reward_lm", step, metrics);
        progress.advance("loss %.3f".formatted(metrics.get("loss")));
      });
    }
  }

  private static MaskedTokens wholly(int[] tokens) {
    boolean[] trained = new boolean[tokens.length];
    Arrays.fill(trained, 1, trained.length, true);
    return new MaskedTokens(tokens, trained);
  }
}
