package io.rlhf4j.launcher.ppo;

import io.rlhf4j.actor.rpc.RemoteActor;
import io.rlhf4j.critic.rpc.RemoteCritic;
import io.rlhf4j.reference.rpc.RemoteReference;
import io.rlhf4j.reward.rpc.RemoteReward;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RpcLimits;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** The clients of a run's roles. */
final class RemoteRoles implements AutoCloseable {

  private final RemoteActor actor;
  private final @Nullable RemoteCritic critic;
  private final RemoteReward reward;
  private final RemoteReference reference;

  RemoteRoles(Map<RoleName, Endpoint> endpoints, String configHash, CallDeadlines deadlines) {
    actor = new RemoteActor(client(endpoints.get(RoleName.ACTOR), configHash, deadlines));
    critic = endpoints.containsKey(RoleName.CRITIC)
        ? new RemoteCritic(client(endpoints.get(RoleName.CRITIC), configHash, deadlines)) : null;
    reward = new RemoteReward(client(endpoints.get(RoleName.REWARD), configHash, deadlines));
    reference = new RemoteReference(client(endpoints.get(RoleName.REFERENCE), configHash, deadlines));
  }

  private static RoleClient client(Endpoint endpoint, String configHash, CallDeadlines deadlines) {
    return new RoleClient(endpoint, configHash, deadlines, RpcLimits.DEFAULT);
  }

  RoleSet roles() {
    return new RoleSet(actor, critic, reward, reference);
  }

  private List<RemoteRole> all() {
    return critic == null ? List.of(actor, reward, reference) : List.of(actor, critic, reward, reference);
  }

  /** Sends every role its model, all at once; the first failure is thrown. */
  void prepare(Map<RoleName, RoleModel> models) throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<Endpoint> pending = new ExecutorCompletionService<>(threads);
      for (RemoteRole role : all()) {
        RoleModel model = models.get(role.endpoint().role());
        pending.submit(() -> role.prepare(model.modelDirectory(), model.settingsJson()), role.endpoint());
      }
      try {
        for (int i = 0; i < models.size(); i++) {
          pending.take().get();
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw Failures.unwrap(e);
      }
    }
  }

  @Override
  public void close() {
    all().forEach(RemoteRole::close);
  }
}
