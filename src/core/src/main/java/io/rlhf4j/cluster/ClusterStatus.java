package io.rlhf4j.cluster;

import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorRefResolver;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.SpawnProtocol;
import akka.actor.typed.javadsl.AskPattern;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.net.DatagramSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The state of a cluster, asked from outside it.
 *
 * @param members every member, by address
 * @param nodes what the members that answered say about themselves
 * @param missing the roles that the run needs and that are not there, each with the reason
 */
public record ClusterStatus(List<MemberLine> members, List<NodeFacts> nodes, Map<String, String> missing) {

  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(5);

  public ClusterStatus {
    members = List.copyOf(members);
    nodes = List.copyOf(nodes);
  }

  /** The run under way; null if no coordinator answered. */
  public @Nullable RunFacts run() {
    return nodes.stream().map(NodeFacts::run).filter(run -> run != null).findFirst().orElse(null);
  }

  /**
   * Asks one node for the members, then every member for itself. Joins nothing.
   *
   * @param own how to reach the cluster: {@code seed_nodes} to ask, of which one that answers is enough, and
   *     {@code host}, at which the nodes answer; blank finds the address by which the seed is reached
   * @throws InputException if nobody answers within a few seconds
   */
  public static ClusterStatus ask(ClusterConfig own, String host) {
    NodeTrust trust = NodeTrust.load(own.security());
    List<String> said = new ArrayList<>();
    String seed = new SeedProbe(trust).first(own.seedNodes(), said)
        .orElseThrow(() -> new InputException("--join: nobody answers at " + String.join("; ", said)));
    ClusterConfig here = own.at(host.isBlank() ? localAddress(seed) : host, 0, List.of());
    ActorSystem<SpawnProtocol.Command> system = ActorSystem.create(SpawnProtocol.create(), AkkaSettings.SYSTEM_NAME,
        AkkaSettings.setup(AkkaSettings.of(here, trust, List.of("observer"), ClusterNode.OnSignal.STAY), trust));
    try {
      StatusBehavior.Answer first = question(system, seed).join();
      if (first == null) {
        throw new InputException(
            "--join: something listens at " + seed + " but does not answer as a node of rlhf4j; is "
                + "that the cluster port, with the same certificates and token?");
      }
      return collect(system, first);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  private static ClusterStatus collect(ActorSystem<SpawnProtocol.Command> system, StatusBehavior.Answer first) {
    List<CompletableFuture<StatusBehavior.Answer>> pending = first.members().stream().filter(MemberLine::reachable)
        .map(member -> question(system, member.address())).toList();
    List<NodeFacts> nodes = new ArrayList<>();
    Set<String> hosted = new HashSet<>();
    for (CompletableFuture<StatusBehavior.Answer> answer : pending) {
      StatusBehavior.Answer told = answer.join();
      if (told != null) {
        nodes.add(told.self());
        told.self().roles().forEach(role -> hosted.add(role.role()));
      }
    }
    List<String> wanted = nodes.stream().filter(node -> node.run() != null).map(node -> node.run().wanted())
        .findFirst().orElse(List.of());
    return new ClusterStatus(first.members(), nodes, RoleGaps.of(wanted, hosted, first.members()));
  }

  /** Completes with null if there is no answer. */
  private static CompletableFuture<StatusBehavior.Answer> question(ActorSystem<SpawnProtocol.Command> system,
      String address) {
    ActorRef<StatusBehavior.WhatIsUp> node = ActorRefResolver.get(system)
        .resolveActorRef("akka://" + AkkaSettings.SYSTEM_NAME + "@" + address + "/user/" + StatusBehavior.NAME);
    return AskPattern.<StatusBehavior.WhatIsUp, StatusBehavior.Answer>ask(node, StatusBehavior.WhatIsUp::new,
        ANSWER_WITHIN, system.scheduler()).toCompletableFuture().exceptionally(silent -> null);
  }

  /** The address of this machine on the way to a node. */
  private static String localAddress(String seed) {
    try (DatagramSocket route = new DatagramSocket()) {
      route.connect(SeedProbe.address(seed));
      return route.getLocalAddress().getHostAddress();
    } catch (IOException e) {
      throw new InputException("--join: no way to " + seed + " (" + e.getMessage() + ")", e);
    }
  }
}
