package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.tensor.Device;
import java.util.List;

/** Opens rewards and closes them again: one that cannot be used shows before anything is trained, and not after. */
public final class RewardCheck {

  private RewardCheck() {}

  /**
   * Nothing is opened where the reward role is on another node, whose files need not be here.
   *
   * @param rewards that a run will need; may be empty
   * @throws io.rlhf4j.config.InputException if one of them cannot be used
   */
  public static void open(RecipeConfig recipe, List<RewardSpec> rewards) {
    if (rewards.isEmpty() || recipe.cluster() != null) {
      return;
    }
    try {
      // Where they will score: there they have room.
      Roles.device(RoleName.REWARD, recipe).use();
      Rewards.open(rewards).close();
    } finally {
      Device.CPU.use();
    }
  }
}
