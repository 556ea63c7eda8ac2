package io.rlhf4j.cluster;

import akka.actor.Address;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.ClusterEvent;
import akka.cluster.MemberStatus;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Subscribe;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Tells who is in the cluster besides this node, at first and after every change until this node begins to leave. */
final class MembersBehavior {

  private MembersBehavior() {}

  /** @param changed called on the actor's thread; has to be quick */
  static Behavior<ClusterEvent.MemberEvent> create(Consumer<FormerCluster> changed) {
    return Behaviors.setup(context -> {
      Cluster cluster = Cluster.get(context.getSystem());
      cluster.subscriptions().tell(Subscribe.create(context.getSelf(), ClusterEvent.MemberEvent.class));
      changed.accept(members(context));
      return Behaviors.receiveMessage(event -> {
        // Who leaves is told in the end that all others are gone, but they stay for the next coordinator.
        if (belongs(cluster)) {
          changed.accept(members(context));
        }
        return Behaviors.same();
      });
    });
  }

  private static boolean belongs(Cluster cluster) {
    MemberStatus own = cluster.selfMember().status();
    return own.equals(MemberStatus.up()) || own.equals(MemberStatus.joining()) || own.equals(MemberStatus.weaklyUp());
  }

  private static FormerCluster members(ActorContext<?> context) {
    Cluster cluster = Cluster.get(context.getSystem());
    Address self = cluster.selfMember().address();
    List<String> others = new ArrayList<>();
    cluster.state().getMembers().forEach(member -> {
      if (!member.address().equals(self)) {
        others.add(member.address().hostPort().replaceFirst(".*@", ""));
      }
    });
    return new FormerCluster(self.hostPort().replaceFirst(".*@", ""), others);
  }
}
