package io.rlhf4j.cluster;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.ClusterEvent;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Subscribe;
import io.micrometer.core.instrument.Metrics;
import io.rlhf4j.telemetry.MeterNames;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what happens to the members of the cluster. */
final class ClusterMeters {

  private static final AtomicInteger UP = Metrics.gauge(MeterNames.CLUSTER_MEMBERS, new AtomicInteger());

  private ClusterMeters() {}

  static Behavior<ClusterEvent.ClusterDomainEvent> create() {
    return Behaviors.setup(context -> {
      ActorRef<ClusterEvent.ClusterDomainEvent> self = context.getSelf();
      Cluster cluster = Cluster.get(context.getSystem());
      cluster.subscriptions().tell(Subscribe.create(self, ClusterEvent.ClusterDomainEvent.class));
      return Behaviors.receiveMessage(event -> {
        String name = name(event);
        if (!name.isEmpty()) {
          Metrics.counter(MeterNames.CLUSTER_EVENTS, "event", name).increment();
          int members = 0;
          for (MemberLine member : StatusBehavior.members(cluster.state())) {
            members += member.state().equals("up") ? 1 : 0;
          }
          UP.set(members);
        }
        return Behaviors.same();
      });
    });
  }

  private static String name(ClusterEvent.ClusterDomainEvent event) {
    if (event instanceof ClusterEvent.MemberUp) {
      return "up";
    }
    if (event instanceof ClusterEvent.MemberLeft) {
      return "left";
    }
    if (event instanceof ClusterEvent.MemberRemoved) {
      return "removed";
    }
    if (event instanceof ClusterEvent.UnreachableMember) {
      return "unreachable";
    }
    return event instanceof ClusterEvent.ReachableMember ? "reachable" : "";
  }
}
