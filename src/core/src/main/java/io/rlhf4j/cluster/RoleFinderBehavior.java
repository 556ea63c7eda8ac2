package io.rlhf4j.cluster;

import akka.actor.Address;
import akka.actor.typed.ActorRef;
import akka.actor.typed.Behavior;
import akka.actor.typed.javadsl.AbstractBehavior;
import akka.actor.typed.javadsl.ActorContext;
import akka.actor.typed.javadsl.Behaviors;
import akka.actor.typed.javadsl.Receive;
import akka.actor.typed.javadsl.TimerScheduler;
import akka.actor.typed.receptionist.Receptionist;
import akka.cluster.Member;
import akka.cluster.typed.Cluster;
import io.rlhf4j.rpc.RoleName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Waits until each of some roles has a host and an endpoint, or until time is up; answers once and stops.
 *
 * <p>If a role has several hosts that answer, the one whose node has the smallest address is taken; the others are
 * spare. So that this is not a race, hosts that are known but have not answered yet have another second once each role
 * has one.
 */
final class RoleFinderBehavior extends AbstractBehavior<RoleFinderBehavior.Command> {

  /** What it understands; stays inside this JVM. */
  sealed interface Command {}

  private record Hosts(Receptionist.Listing listing) implements Command {}

  private record Answered(RoleHostBehavior.Here here) implements Command {}

  private record AskAgain() implements Command {}

  private record Settled() implements Command {}

  private record TimeUp() implements Command {}

  /** The outcome. */
  sealed interface Found {}

  /**
   * Every role has an endpoint.
   *
   * @param spares a line for each role that more than one node offers
   */
  record All(Map<RoleName, RoleHostBehavior.Here> hosts, List<String> spares) implements Found {}

  /** Time is up; which roles are missing and why. */
  record Missing(Map<String, String> gaps) implements Found {}

  private static final Duration ASK_AGAIN = Duration.ofSeconds(1);

  private static final Duration SETTLE = Duration.ofSeconds(1);

  private final TimerScheduler<Command> timers;
  private final ActorRef<Found> replyTo;
  private final ActorRef<RoleHostBehavior.Here> answers;
  private final Set<RoleName> wanted;
  private final Map<RoleName, Set<ActorRef<RoleHostBehavior.Command>>> hosts = new EnumMap<>(RoleName.class);
  /** The answers of each role's hosts; a role without one has no entry. */
  private final Map<RoleName, Map<ActorRef<RoleHostBehavior.Command>, RoleHostBehavior.Here>> found =
      new EnumMap<>(RoleName.class);
  private final Consumer<Map<String, String>> news;
  private Map<String, String> told = Map.of();

  private RoleFinderBehavior(ActorContext<Command> context, TimerScheduler<Command> timers, Set<RoleName> wanted,
      Duration wait, ActorRef<Found> replyTo, Consumer<Map<String, String>> news) {
    super(context);
    this.timers = timers;
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
      case Settled() -> found.size() < wanted.size() ? this : done();
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
        found.computeIfPresent(role, (known, answered) -> {
          answered.keySet().retainAll(hosts.get(role));
          return answered.isEmpty() ? null : answered;
        });
      }
    }
    ask();
    return settled();
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
    hosts.forEach((role, known) -> known.stream().filter(host -> !answered(role).containsKey(host))
        .forEach(host -> host.tell(new RoleHostBehavior.WhereAreYou(answers))));
  }

  private Behavior<Command> onAnswer(RoleHostBehavior.Here here) {
    RoleName role = here.endpoint().role();
    if (hosts.getOrDefault(role, Set.of()).contains(here.host())) {
      found.computeIfAbsent(role, first -> new HashMap<>()).put(here.host(), here);
    }
    return settled();
  }

  private Map<ActorRef<RoleHostBehavior.Command>, RoleHostBehavior.Here> answered(RoleName role) {
    return found.getOrDefault(role, Map.of());
  }

  /** Done as soon as all known hosts have answered, or, if each role has one, a second later. */
  private Behavior<Command> settled() {
    if (found.size() < wanted.size()) {
      return this;
    }
    if (wanted.stream().allMatch(role -> answered(role).keySet().containsAll(hosts.get(role)))) {
      return done();
    }
    if (!timers.isTimerActive(SETTLE)) {
      timers.startSingleTimer(SETTLE, new Settled(), SETTLE);
    }
    return this;
  }

  private Behavior<Command> done() {
    Map<RoleName, RoleHostBehavior.Here> chosen = new EnumMap<>(RoleName.class);
    List<String> spares = new ArrayList<>();
    for (RoleName role : wanted) {
      List<RoleHostBehavior.Here> offers = answered(role).values().stream()
          .sorted(Comparator.comparing(this::address, Member.addressOrdering())).toList();
      chosen.put(role, offers.getFirst());
      if (offers.size() > 1) {
        spares.add(spares(role, offers.stream().map(here -> StatusBehavior.hostPort(address(here))).toList()));
      }
    }
    replyTo.tell(new All(Map.copyOf(chosen), spares));
    return Behaviors.stopped();
  }

  private static String spares(RoleName role, List<String> nodes) {
    return (nodes.size() == 2 ? "two" : nodes.size()) + " nodes offer the " + role.label() + ": " + nodes.getFirst()
        + " is used, " + String.join(" and ", nodes.subList(1, nodes.size()))
        + (nodes.size() == 2 ? " is a spare" : " are spares");
  }

  /** Of the host's node; an actor's path says nothing of it on that node itself. */
  private Address address(RoleHostBehavior.Here here) {
    Address address = here.host().path().address();
    return address.hasLocalScope() ? Cluster.get(getContext().getSystem()).selfMember().address() : address;
  }
}
