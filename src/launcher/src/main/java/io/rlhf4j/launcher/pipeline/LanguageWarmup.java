package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.actor.SftTrainer;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardConfig;
import io.rlhf4j.config.SftConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.StageCheckpoints;
import java.util.Arrays;
import java.util.List;

/** Next-token training before a score head is put on, which gives random weights something to compare with. */
final class LanguageWarmup {

  private LanguageWarmup() {}

  private static final String STAGE = "reward_lm";

  /**
   * Trains for {@code reward.lm_epochs} passes over whole conversations, from the newest of its own checkpoints on.
   * They stay until {@link #forget}: the comparison that follows may have to begin once more.
   */
  static void run(RunContext context, CausalModel model, List<int[]> conversations) {
    RecipeConfig recipe = context.recipe();
    RewardConfig reward = recipe.reward();
    if (reward.lmEpochs() == 0) {
      return;
    }
    SftConfig config = new SftConfig(reward.lmEpochs(), 0, recipe.sft().batchSize(), recipe.sft().microBatch(), true,
        SftConfig.Turns.ALL, recipe.sft().neftuneNoiseAlpha(), recipe.sft().saving(), recipe.sft().optimizer());
    List<MaskedTokens> texts = Batches.views(conversations, LanguageWarmup::wholly);
    long steps = config.totalSteps(texts.size());
    try (Progress progress = Progress.start("language model", steps)) {
      new SftTrainer(model, config, recipe.seed()).train(texts, new SftMetrics(context.metrics(), STAGE, progress),
          checkpoints(context, MaskedTokens.fingerprint(texts)));
    }
  }

  /** Whether there is nothing to go on from. */
  static boolean isNew(RunContext context) {
    return checkpoints(context, "").isEmpty();
  }

  /** Deletes the checkpoints. */
  static void forget(RunContext context) {
    checkpoints(context, "").clear();
  }

  private static StageCheckpoints checkpoints(RunContext context, String data) {
    return StageCheckpoints.in(context.run().checkpoints().resolve(STAGE), context.recipe().sft().saving(),
        context.recipe().hash() + "/" + data);
  }

  private static MaskedTokens wholly(int[] tokens) {
    boolean[] trained = new boolean[tokens.length];
    Arrays.fill(trained, 1, trained.length, true);
    return new MaskedTokens(tokens, trained);
  }
}
