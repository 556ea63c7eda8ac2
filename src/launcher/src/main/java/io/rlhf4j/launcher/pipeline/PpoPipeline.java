package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.data.DataSet;
import io.rlhf4j.data.SftExample;
import io.rlhf4j.data.SftReader;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.function.Consumer;

/** The whole way: tokenizer, SFT, reward model, PPO. */
public final class PpoPipeline {

  private PpoPipeline() {}

  /**
   * Runs every stage; what each leaves behind is in the run directory.
   *
   * @param rewardTrained told how good the reward model is before PPO begins
   */
  public static PpoReport run(RunContext context, Consumer<RewardReport> rewardTrained) {
    DataSet<SftExample> demonstrations = SftReader.read(context.data().requireSft());
    PreferenceData preferences = PreferenceData.read(context.data());
    context.data().requirePromptsTrain();
    try (Tokenizer tokenizer = TokenizerStage.open(context, () -> TokenizerStage.texts(demonstrations))) {
      Path policy = SftStage.run(context, tokenizer, demonstrations);
      Path reward = context.stage("reward");
      RewardReport measured = new RewardStage(context, tokenizer).run(CausalModel.load(policy), preferences, reward);
      rewardTrained.accept(measured);
      return PpoStage.run(context, tokenizer, policy, reward);
    }
  }
}
