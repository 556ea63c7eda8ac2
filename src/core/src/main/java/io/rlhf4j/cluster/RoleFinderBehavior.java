package io.rlhf4j.cluster;

import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.actor.typed.receptionist.Receptionist;
import akka.cluster.typed.Cluster;
import io.rlhf4j.rpc.RoleName;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Waits until each of some roles has a host and an endpoint, or until time is up; answers once and stops.
 *
 * <p>If a role has several hosts that answer, the one with the smallest address is taken; the others are spare.
 */
final class RoleFinderBehavior extends AbstractBehavior<RoleFinderBehavior.Command> {

  /** What it understands; stays inside this JVM. */
  sealed interface Command {}

  private record Hosts(Receptionist.Listing listing) implements Command {}

  private record Answered(RoleHostBehavior.Here here) implements Command {}

  private record AskAgain() implements Command {}

  private record TimeUp() implements Command {}

  /** The outcome. */
  sealed interface Found {}

  /** Every role has an endpoint. */
  record All(Map<RoleName, RoleHostBehavior.Here> hosts) implements Found {}

  /** Time is up; which roles are missing and why. */
  record Missing(Map<String, String> gaps) implements Found {}

  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  private final ActorRef<Found> replyTo;
  private final ActorRef<RoleHostBehavior.Here> answers;
  private final Set<RoleName> wanted;
  private final Map<RoleName, Set<ActorRef<RoleHostBehavior.Command>>> hosts = new EnumMap<>(RoleName.class);
  private final Map<RoleName, RoleHostBehavior.Here> found = new EnumMap<>(RoleName.class);
  private final Consumer<Map<String, String>> news;
  private Map<String, String> told = Map.of();

  private RoleFinderBehavior(ActorContext<Command> context, TimerScheduler<Command> timers, Set<RoleName> wanted,
      Duration wait, ActorRef<Found> replyTo, Consumer<Map<String, String>> news) {
    super(context);
    this.news = news;
    this.wanted = EnumSet.copyOf(wanted);
    this.replyTo = replyTo;
    this.answers = context.messageAdapter(RoleHostBehavior.Here.class, Answered::new);
    ActorRef<Receptionist.Listing> listings = context.messageAdapter(Receptionist.Listing.class, Hosts::new);
    for (RoleName role : wanted) {
      context.getSystem().receptionist().tell(Receptionist.subscribe(RoleHostBehavior.key(role), listings));
    }
    // A question to a host that is still joining may be lost, so it is asked again.
    timers.startTimerWithFixedDelay(new AskAgain(), ASK_AGAIN);
    timers.startSingleTimer(new TimeUp(), wait);
  }

  /** @param news told which roles are missing, and why, whenever that changes; must return at once */
  static Behavior<Command> create(Set<RoleName> wanted, Duration wait, ActorRef<Found> replyTo,
      Consumer<Map<String, String>> news) {
    return Behaviors.setup(context -> Behaviors.withTimers(
        timers -> new RoleFinderBehavior(context, timers, wanted, wait, replyTo, news)));
  }

  @Override
  public Receive<Command> createReceive() {
    return newReceiveBuilder().onMessage(Command.class, this::onCommand).build();
  }

  private Behavior<Command> onCommand(Command command) {
    return switch (command) {
      case Hosts(var listing) -> onHosts(listing);
      case Answered(var here) -> onAnswer(here);
      case AskAgain() -> {
        ask();
        tell();
        yield this;
      }
      case TimeUp() -> {
        replyTo.tell(new Missing(gaps()));
        yield Behaviors.stopped();
      }
    };
  }

  private Behavior<Command> onHosts(Receptionist.Listing listing) {
    for (RoleName role : wanted) {
      if (listing.isForKey(RoleHostBehavior.key(role))) {
        hosts.put(role, listing.getServiceInstances(RoleHostBehavior.key(role)));
        found.computeIfPresent(role, (known, here) -> hosts.get(role).contains(here.host()) ? here : null);
      }
    }
    ask();
    return this;
  }

  /** Says what is missing, once until it changes. */
  private void tell() {
    Map<String, String> now = gaps();
    if (!now.equals(told)) {
      told = now;
      news.accept(now);
    }
  }

  private Map<String, String> gaps() {
    Set<String> answered = found.keySet().stream().map(RoleName::label).collect(Collectors.toSet());
    return RoleGaps.of(wanted.stream().map(RoleName::label).toList(), answered,
        StatusBehavior.members(Cluster.get(getContext().getSystem()).state()));
  }

  private void ask() {
    hosts.forEach((role, known) -> {
      if (!found.containsKey(role)) {
        known.forEach(host -> host.tell(new RoleHostBehavior.WhereAreYou(answers)));
      }
    });
  }

  private Behavior<Command> onAnswer(RoleHostBehavior.Here here) {
    RoleName role = here.endpoint().role();
    if (hosts.getOrDefault(role, Set.of()).contains(here.host())) {
      found.merge(role, here, (a, b) -> address(a).compareTo(address(b)) <= 0 ? a : b);
    }
    if (found.size() < wanted.size()) {
      return this;
    }
    replyTo.tell(new All(Map.copyOf(found)));
    return Behaviors.stopped();
  }

  private static String address(RoleHostBehavior.Here here) {
    return here.host().path().toSerializationFormat();
  }
}
