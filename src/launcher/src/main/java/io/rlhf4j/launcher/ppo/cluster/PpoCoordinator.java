package io.rlhf4j.launcher.ppo.cluster;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.launcher.ppo.Failures;
import io.rlhf4j.launcher.ppo.PpoRunSpec;
import io.rlhf4j.launcher.ppo.RoleSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** Starts the coordinator's actor and waits for it. */
public final class PpoCoordinator {

  private PpoCoordinator() {}

  /** Blocks until the run is done; throws what ended it otherwise. */
  public static void run(ClusterNode node, PpoRunSpec spec, RoleSet roles) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    node.spawn(CoordinatorBehavior.create(spec, roles, done), "ppo-coordinator");
    try {
      done.join();
    } catch (CompletionException e) {
      throw Failures.unwrap(e);
    }
  }
}
