package io.rlhf4j.rl;

import io.rlhf4j.config.YamlNamed;
import java.util.List;
import java.util.Locale;

/**
 * Where advantages come from. All but {@link #GAE} do without a critic: the return of a response is compared with
 * nothing, or with the other responses to the same prompt.
 */
public enum AdvantageEstimator implements YamlNamed {
  /** Generalised advantage estimation with a critic (Schulman et al. 2016). */
  GAE(List.of()),
  /** Reward minus the mean reward of the other responses to the prompt (Ahmadian et al. 2024, equation 8). */
  RLOO(List.of()),
  /** Returns without a baseline, whitened over the iteration: REINFORCE++ (Hu et al. 2025). */
  REINFORCE(List.of("reinforce++", "reinforce_plus_plus")),
  /** Reward minus the mean reward of the prompt's responses, whitened over the iteration. */
  REINFORCE_BASELINE(List.of("reinforce++_baseline", "reinforce_plus_plus_baseline")),
  /** Reward minus the group's mean, over the group's deviation: GRPO (Shao et al. 2024, section 4.1.2). */
  GROUP_NORM(List.of("grpo")),
  /** Reward minus the group's mean (Liu et al. 2025, "Understanding R1-Zero-Like Training", equation 2). */
  DR_GRPO(List.of());

  private final List<String> aliases;

  AdvantageEstimator(List<String> aliases) {
    this.aliases = aliases;
  }

  /** Whether it needs the values of a critic. */
  public boolean usesCritic() {
    return this == GAE;
  }

  /** Whether it compares the responses to one prompt, of which there must be at least two. */
  public boolean comparesResponses() {
    return switch (this) {
      case GAE, REINFORCE -> false;
      case RLOO, REINFORCE_BASELINE, GROUP_NORM, DR_GRPO -> true;
    };
  }

  /** Whether its advantages are usually whitened over the iteration. */
  public boolean usuallyWhitens() {
    return switch (this) {
      case GAE, REINFORCE, REINFORCE_BASELINE -> true;
      case RLOO, GROUP_NORM, DR_GRPO -> false;
    };
  }

  @Override
  public String yamlName() {
    return name().toLowerCase(Locale.ROOT);
  }

  @Override
  public List<String> yamlAliases() {
    return aliases;
  }
}
