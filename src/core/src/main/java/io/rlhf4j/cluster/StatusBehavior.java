package io.rlhf4j.cluster;

import akka.actor.Address;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.ClusterEvent;
import akka.cluster.Member;
import akka.cluster.typed.Cluster;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** Tells whoever asks what this node knows. The asker need not be a member. */
final class StatusBehavior {

  /** Its name on every node. */
  static final String NAME = "status";

  /** Asks a node. */
  record WhatIsUp(ActorRef<Answer> replyTo) implements ClusterMessage {}

  /** What a node knows of the cluster and of itself. */
  record Answer(List<MemberLine> members, NodeFacts self) implements ClusterMessage {

    Answer {
      members = List.copyOf(members);
    }
  }

  private StatusBehavior() {}

  static Behavior<WhatIsUp> create(Supplier<NodeFacts> self) {
    return Behaviors.setup(context -> {
      Cluster cluster = Cluster.get(context.getSystem());
      return Behaviors.receiveMessage(question -> {
        question.replyTo().tell(new Answer(members(cluster.state()), self.get()));
        return Behaviors.same();
      });
    });
  }

  /** Members by address. */
  static List<MemberLine> members(ClusterEvent.CurrentClusterState state) {
    List<MemberLine> members = new ArrayList<>();
    for (Member member : state.getMembers()) {
      boolean reachable = !state.getUnreachable().contains(member);
      List<String> roles = member.getRoles().stream().filter(role -> !role.startsWith("dc-")).sorted().toList();
      members.add(new MemberLine(hostPort(member.address()),
          member.status().toString().toLowerCase(Locale.ROOT), reachable, roles));
    }
    members.sort(Comparator.comparing(MemberLine::address));
    return members;
  }

  static String hostPort(Address address) {
    return address.getHost().orElseThrow() + ":" + address.getPort().orElseThrow();
  }
}
