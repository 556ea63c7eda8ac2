package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.launcher.pipeline.Roles;
import io.rlhf4j.reward.kind.RewardFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where scores come from: a list of rewards of any kind, a reward model that was trained on the way, or both, weighted
 * and summed.
 *
 * @param rewards may be empty if there is a trained model
 * @param trained directory of that model
 * @param trainedWeight its weight in the sum
 */
public record RewardSource(List<RewardSpec> rewards, Optional<Path> trained, double trainedWeight) {

  public RewardSource {
    rewards = List.copyOf(rewards);
    if (rewards.isEmpty() && trained.isEmpty()) {
      throw new IllegalArgumentException("nothing scores");
    }
  }

  /** A trained model alone. */
  public static RewardSource trained(Path model) {
    return new RewardSource(List.of(), Optional.of(model), 1);
  }

  /** A list alone. */
  public static RewardSource of(List<RewardSpec> rewards) {
    return new RewardSource(rewards, Optional.empty(), 0);
  }

  /** Adds what decides the scores to the provenance of something that is made of them. */
  public void describe(Map<String, String> settings, Map<String, Path> inputs) {
    trained.ifPresent(model -> inputs.put("reward model", model));
    if (!rewards.isEmpty()) {
      settings.put("rewards", rewards.toString());
      settings.put("files of the rewards", RewardFiles.fingerprint(rewards));
      trained.ifPresent(model -> settings.put("weight of the reward model", String.valueOf(trainedWeight)));
    }
  }

  /** What the reward role is sent: the trained model, or something with the tokenizer of the answers. */
  public Path directory(Path tokenizer) {
    return trained.orElse(tokenizer);
  }

  /** Settings of the reward role. */
  public String settings(RecipeConfig recipe) {
    return Roles.answerSettings(recipe, rewards, trained.isPresent() ? trainedWeight : null);
  }
}
