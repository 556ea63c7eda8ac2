package io.rlhf4j.cluster;

import akka.actor.Address;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.cluster.Member;
import akka.cluster.MemberStatus;
import akka.cluster.UniqueAddress;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Down;
import java.time.Duration;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Takes a member that is known to be gone out of the cluster, once another waits to be let in: nobody is while a member
 * does not answer. Not earlier, because one that is started again at the same address is let in by Akka itself, and
 * kept out for long if its former self is marked as down already.
 */
final class RemovalBehavior {

  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  /** By then the failure detector has done it. */
  private static final Duration GIVE_UP = Duration.ofMinutes(1);

  private static final Set<MemberStatus> WAITING = Set.of(MemberStatus.joining(), MemberStatus.weaklyUp());

  /** What it understands; stays inside this JVM. */
  private enum Command {
    LOOK,
    STOP
  }

  private RemovalBehavior() {}

  /** @param gone the incarnation of a node that is to go; another at the same address stays */
  static Behavior<?> create(UniqueAddress gone) {
    return create(member -> member.uniqueAddress().equals(gone));
  }

  /** @param former host:port of the member to remove; one at this node's own address is Akka's business */
  static Behavior<?> create(String former) {
    return create(member -> member.address().hostPort().endsWith("@" + former));
  }

  private static Behavior<Command> create(Predicate<Member> gone) {
    return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
      timers.startTimerWithFixedDelay(Command.LOOK, LOOK_AGAIN);
      timers.startSingleTimer(Command.STOP, GIVE_UP);
      return Behaviors.receiveMessage(command -> switch (command) {
        case LOOK -> look(context, gone) ? Behaviors.stopped() : Behaviors.same();
        case STOP -> Behaviors.stopped();
      });
    }));
  }

  private static boolean look(ActorContext<?> context, Predicate<Member> gone) {
    Cluster cluster = Cluster.get(context.getSystem());
    Address self = cluster.selfMember().address();
    boolean waiting = false;
    Address found = null;
    for (Member member : cluster.state().getMembers()) {
      waiting |= WAITING.contains(member.status());
      found = gone.test(member) && !member.address().equals(self) ? member.address() : found;
    }
    if (waiting && found != null) {
      cluster.manager().tell(new Down(found));
    }
    return waiting && found != null;
  }
}
