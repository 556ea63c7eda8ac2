package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.ExperienceOptions;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Fence;
import io.rlhf4j.rpc.RoleName;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Everything about one run.
 *
 * @param name what the run is called where its status is shown
 * @param configHash SHA-256 of the resolved configuration, hexadecimal; roles refuse calls of another run
 * @param models what each role starts from: all four, or all but the critic
 * @param schedule how long and how
 * @param prompts which prompts each iteration answers
 * @param experience how scores become experience
 * @param checkpoints where the run keeps the states that it can go back to
 * @param hooks what the caller wants to see
 * @param placement where the roles run
 * @param deadlines how long calls may take
 * @param fence which coordinator of the run this is
 */
public record PpoRunSpec(String name, String configHash, Map<RoleName, RoleModel> models, PpoSchedule schedule,
    PromptSource prompts, ExperienceOptions experience, CheckpointPlan checkpoints, PpoHooks hooks, Placement placement,
    CallDeadlines deadlines, Fence fence) {

  /** The same run with other hooks. */
  PpoRunSpec withHooks(PpoHooks others) {
    return new PpoRunSpec(name, configHash, models, schedule, prompts, experience, checkpoints, others, placement,
        deadlines, fence);
  }

  public PpoRunSpec {
    models = Map.copyOf(models);
    if (!models.keySet().containsAll(EnumSet.complementOf(EnumSet.of(RoleName.CRITIC)))) {
      throw new IllegalArgumentException("a run needs a model for each role but has " + models.keySet());
    }
  }

  /** The roles that take part. */
  public Set<RoleName> roles() {
    return models.keySet();
  }
}
