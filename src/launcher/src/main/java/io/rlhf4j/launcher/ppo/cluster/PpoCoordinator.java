package io.rlhf4j.launcher.ppo.cluster;

import akka.actor.typed.ActorRef;
import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.cluster.CutOffException;
import io.rlhf4j.launcher.ppo.CourseEvent;
import io.rlhf4j.launcher.ppo.Crew;
import io.rlhf4j.launcher.ppo.Failures;
import io.rlhf4j.launcher.ppo.PpoRunSpec;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** Starts the coordinator's actor and waits for it. */
public final class PpoCoordinator {

  private PpoCoordinator() {}

  /**
   * Blocks until the run is over; throws what ended it otherwise, {@link CutOffException} if the roles are out of
   * reach.
   *
   * @param stopper told how to end the run early, in a state from which it can go on
   * @return whether it ended early
   */
  public static boolean run(ClusterNode node, PpoRunSpec spec, Crew crew, Consumer<Runnable> stopper) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    ActorRef<CourseEvent> coordinator =
        node.spawn(CoordinatorBehavior.create(spec, crew, done), "ppo-coordinator");
    stopper.accept(() -> coordinator.tell(new CourseEvent.StopWanted()));
    try {
      return done.join();
    } catch (CompletionException e) {
      if (node.isCutOff()) {
        throw new CutOffException("the same command goes on with the run");
      }
      throw Failures.unwrap(e);
    }
  }
}
