package io.rlhf4j.launcher.ppo;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.actor.rpc.ActorRpcService;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.critic.rpc.CriticRpcService;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reference.rpc.ReferenceRpcService;
import io.rlhf4j.reward.RewardRole;
import io.rlhf4j.reward.rpc.RewardRpcService;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleFactory;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;

/** How this JVM builds each role when it is told to host it. */
public record RoleFactories(RoleFactory<ActorRole> actor, RoleFactory<CriticRole> critic,
    RoleFactory<RewardRole> reward, RoleFactory<ReferenceRole> reference) {

  /** Starts the gRPC server of one role. */
  public RoleServer start(RoleName role, RoleBinding binding) {
    return switch (role) {
      case ACTOR -> ActorRpcService.start(actor, binding);
      case CRITIC -> CriticRpcService.start(critic, binding);
      case REWARD -> RewardRpcService.start(reward, binding);
      case REFERENCE -> ReferenceRpcService.start(reference, binding);
    };
  }
}
