package io.rlhf4j.launcher.ppo;

import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.ScoredRollout;
import io.rlhf4j.rpc.RoleName;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** What an iteration wants done. */
public sealed interface IterationCommand {

  /** Sample the plan's rollouts: {@code RolloutArrived} for each, then {@code GenerationEnded}. */
  record Generate(IterationPlan plan) implements IterationCommand {}

  /** Ask these roles about a chunk: {@code ChunkScored} from each. */
  record Score(IterationPlan plan, int chunk, List<Rollout> rollouts, Set<RoleName> roles)
      implements IterationCommand {

    public Score {
      roles = Collections.unmodifiableSet(EnumSet.copyOf(roles));
    }
  }

  /** Find a role again that was lost, and give it its model: {@code RoleBack}. */
  record Replace(long step, RoleName role) implements IterationCommand {}

  /** Turn scores into experience: {@code ExperienceMade}. */
  record MakeExperience(long step, List<ScoredRollout> scored) implements IterationCommand {}

  /** Let the learners learn: {@code Updated} from each. */
  record Update(long step, Set<RoleName> learners, List<Experience> experiences) implements IterationCommand {}
}
