package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.ExperienceStep;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.RoleName;
import java.util.Map;

/**
 * Everything about one run.
 *
 * @param configHash SHA-256 of the resolved configuration, hexadecimal; roles refuse calls of another run
 * @param models what each of the four roles starts from
 * @param schedule how long and how
 * @param prompts which prompts each iteration answers
 * @param experience scores to experience
 * @param hooks what the caller wants to see
 * @param placement where the roles run
 * @param deadlines how long calls may take
 */
public record PpoRunSpec(String configHash, Map<RoleName, RoleModel> models, PpoSchedule schedule,
    PromptSource prompts, ExperienceStep experience, PpoHooks hooks, Placement placement, CallDeadlines deadlines) {

  public PpoRunSpec {
    models = Map.copyOf(models);
    if (models.size() != RoleName.values().length) {
      throw new IllegalArgumentException("a run needs a model for each role but has " + models.keySet());
    }
  }
}
