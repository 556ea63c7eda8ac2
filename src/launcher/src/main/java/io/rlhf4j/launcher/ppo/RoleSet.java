package io.rlhf4j.launcher.ppo;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reward.RewardRole;
import org.jspecify.annotations.Nullable;

/**
 * The roles of a run, wherever they live.
 *
 * @param critic null with an advantage estimator that has no use for one
 */
public record RoleSet(ActorRole actor, @Nullable CriticRole critic, RewardRole reward, ReferenceRole reference) {

  /** The critic of a run that has one. */
  public CriticRole requireCritic() {
    if (critic == null) {
      throw new IllegalStateException("this run has no critic");
    }
    return critic;
  }
}
