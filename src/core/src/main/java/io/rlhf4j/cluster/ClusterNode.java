package io.rlhf4j.cluster;

import akka.Done;
import akka.actor.Address;
import akka.actor.CoordinatedShutdown;
import akka.actor.typed.ActorRef;
import akka.actor.typed.ActorSystem;
import akka.actor.typed.Behavior;
import akka.actor.typed.Props;
import akka.actor.typed.SpawnProtocol;
import akka.actor.typed.javadsl.AskPattern;
import akka.cluster.MemberStatus;
import akka.cluster.UniqueAddress;
import akka.cluster.typed.Cluster;
import akka.cluster.typed.Join;
import akka.cluster.typed.SelfUp;
import akka.cluster.typed.Subscribe;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** This JVM as a member of the cluster. Closing it leaves the cluster and closes every role it hosts. */
public final class ClusterNode implements AutoCloseable {

  /** Leaving takes about two seconds; a node that cannot leave must not hang the program. */
  private static final Duration LEAVE_WITHIN = Duration.ofSeconds(20);

  /** A node alone is up within about a second. */
  private static final Duration FOUND_WITHIN = Duration.ofSeconds(30);

  private static final Logger LOG = LoggerFactory.getLogger(ClusterNode.class);
  private static final int PROBE_MILLIS = 1000;

  /** Removing a former coordinator and joining take a few seconds on an idle machine. */
  private static final Duration REJOIN_WITHIN = Duration.ofSeconds(25);

  private final Map<Endpoint, UniqueAddress> addresses = new ConcurrentHashMap<>();
  private final ActorSystem<SpawnProtocol.Command> system;
  private final ClusterConfig config;
  private final NodeTrust trust;
  private final List<RoleServer> servers = new CopyOnWriteArrayList<>();
  private volatile @Nullable RunFacts run;

  private ClusterNode(ActorSystem<SpawnProtocol.Command> system, ClusterConfig config, NodeTrust trust) {
    this.system = system;
    this.config = config;
    this.trust = trust;
  }

  /**
   * Starts a node; with no seed nodes it founds a cluster of its own.
   *
   * @param roles what this node will host; empty for the coordinator
   * @throws InputException if the address cannot be bound or no seed node answers within {@code roles_wait_seconds}
   */
  public static ClusterNode start(ClusterConfig config, Collection<RoleName> roles) {
    return start(config, roles, OnSignal.STAY);
  }

  /**
   * Waits until one of the seed nodes listens: a coordinator that trains the first models of its run does so hours
   * after the nodes were started. Akka would log a warning every five seconds meanwhile.
   *
   * @param givenUp counted down by whoever no longer wants the node
   * @param news told once what is waited for, if it is not there yet
   * @return false if given up
   * @throws InputException if this node's own address cannot be bound, none listens within
   *           {@code roles_wait_seconds}, or one refuses this node
   */
  public static boolean awaitListening(ClusterConfig config, CountDownLatch givenUp, Consumer<String> news) {
    NodeTrust trust = permitted(config);
    if (config.seedNodes().contains(config.host() + ":" + config.port())) {
      // It founds the cluster that the others join.
      return true;
    }
    return new SeedProbe(trust).await(config.seedNodes(), Duration.ofSeconds(config.rolesWaitSeconds()),
        givenUp, news);
  }

  /** What a node does by itself when its JVM is told to end. */
  public enum OnSignal {

    /** Nothing: its owner closes it. */
    STAY,

    /** It leaves the cluster, and {@link #awaitTermination} returns. */
    LEAVE
  }

  /** Like {@link #start(ClusterConfig, Collection)}. */
  public static ClusterNode start(ClusterConfig config, Collection<RoleName> roles, OnSignal onSignal) {
    ClusterNode node = create(config, roles, onSignal);
    node.awaitUp(config.seedNodes().isEmpty() ? FOUND_WITHIN : Duration.ofSeconds(config.rolesWaitSeconds()));
    node.watch();
    return node;
  }

  private static ClusterNode create(ClusterConfig config, Collection<RoleName> roles, OnSignal onSignal) {
    List<String> labels = roles.isEmpty() ? List.of("coordinator") : roles.stream().map(RoleName::label).toList();
    NodeTrust trust = permitted(config);
    // Who is refused hears it at once; who finds nobody may be early.
    new SeedProbe(trust).first(config.seedNodes());
    ActorSystem<SpawnProtocol.Command> system = ActorSystem.create(SpawnProtocol.create(), AkkaSettings.SYSTEM_NAME,
        AkkaSettings.setup(AkkaSettings.of(config, trust, labels, onSignal), trust));
    ClusterNode node = new ClusterNode(system, config, trust);
    CoordinatedShutdown.get(system).addTask(CoordinatedShutdown.PhaseServiceRequestsDone(), "close role servers",
        () -> CompletableFuture.supplyAsync(node::closeServers, task -> Thread.ofPlatform().start(task)));
    Cluster cluster = Cluster.get(system);
    if (config.seedNodes().isEmpty()) {
      cluster.manager().tell(Join.create(cluster.selfMember().address()));
    }
    return node;
  }

  /**
   * Starts the coordinator's node: it joins what is left of the cluster of a former coordinator, whose right to
   * coordinate it must hold, or founds a cluster if nothing is left.
   *
   * @param changed told the members again whenever they change
   */
  public static ClusterNode coordinator(ClusterConfig config, FormerCluster former, Consumer<FormerCluster> changed) {
    List<String> alive = former.nodes().stream().filter(ClusterNode::listens).toList();
    ClusterNode node = alive.isEmpty() ? start(config, List.of()) : rejoin(config, alive, former.coordinator());
    node.spawn(MembersBehavior.create(changed), "members");
    return node;
  }

  private static ClusterNode rejoin(ClusterConfig config, List<String> alive, String former) {
    try {
      ClusterNode node = create(config.at(config.host(), config.port(), alive), List.of(), OnSignal.STAY);
      node.spawn(RemovalBehavior.create(former), "former-coordinator");
      node.awaitUp(REJOIN_WITHIN);
      node.watch();
      return node;
    } catch (InputException e) {
      LOG.warn("nodes at {} do not let this coordinator in, they have to be started again", String.join(", ", alive));
      return start(config, List.of());
    }
  }

  /** What only a member can have. */
  private void watch() {
    spawn(StatusBehavior.create(this::facts), StatusBehavior.NAME);
    spawn(ClusterMeters.create(), "meters");
  }

  private static boolean listens(String address) {
    int colon = address.lastIndexOf(':');
    try (Socket probe = new Socket()) {
      probe.connect(
          new InetSocketAddress(address.substring(0, colon), Integer.parseInt(address.substring(colon + 1))),
          PROBE_MILLIS);
      return true;
    } catch (IOException | NumberFormatException gone) {
      return false;
    }
  }

  /** What protects a node at the address of {@code config}, which must be free and may need protection. */
  private static NodeTrust permitted(ClusterConfig config) {
    NodeTrust trust = NodeTrust.load(config.security());
    trust.requireFor(config.host());
    checkAddress(config);
    return trust;
  }

  /** Akka would take ten seconds and a stack trace in the log to say the same. */
  private static void checkAddress(ClusterConfig config) {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(config.host(), config.port()));
    } catch (IOException e) {
      throw new InputException(
          "cluster.port: cannot listen on " + config.host() + ":" + config.port() + ": " + e.getMessage(), e);
    }
  }

  private void awaitUp(Duration wait) {
    Cluster cluster = Cluster.get(system);
    CompletableFuture<SelfUp> up = new CompletableFuture<>();
    cluster.subscriptions().tell(Subscribe.create(spawn(Answers.to(up), "self-up"), SelfUp.class));
    // A node that the others do not take ends by itself.
    system.getWhenTerminated().thenRun(() -> up.completeExceptionally(new CancellationException()));
    if (!up.thenApply(self -> true).completeOnTimeout(false, wait.toSeconds(), TimeUnit.SECONDS)
        .exceptionally(refused -> false).join()) {
      boolean refused = system.getWhenTerminated().toCompletableFuture().isDone();
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
      if (refused) {
        throw new InputException("cluster.seed_nodes: " + String.join(", ", config.seedNodes())
            + " refused this node: it has another token, or runs another version of rlhf4j");
      }
      new SeedProbe(trust).first(config.seedNodes());
      throw SeedProbe.nobodyThere(config.seedNodes(), wait);
    }
  }

  /** What protects this node's connections; its roles' servers and clients must have the same. */
  public NodeTrust trust() {
    return trust;
  }

  /** {@code host:port} for other nodes to join. */
  public String address() {
    return StatusBehavior.hostPort(Cluster.get(system).selfMember().address());
  }

  /** Members that are up, this one included. */
  public int membersUp() {
    int up = 0;
    for (var member : Cluster.get(system).state().getMembers()) {
      up += member.status().equals(MemberStatus.up()) ? 1 : 0;
    }
    return up;
  }

  /** Announces a role whose server is listening; this node closes it when it leaves. */
  public void host(RoleServer server) {
    servers.add(server);
    spawn(RoleHostBehavior.create(server.endpoint()), "role-" + server.endpoint().role().label());
  }

  /**
   * Waits until every one of the roles is there.
   *
   * @throws InputException naming the roles that are missing after {@code roles_wait_seconds}
   */
  public Map<RoleName, Endpoint> awaitRoles(Set<RoleName> wanted) {
    return awaitRoles(wanted, line -> {});
  }

  /** Like {@link #awaitRoles(Set)}; {@code news} is told which roles are missing, and why, whenever that changes. */
  public Map<RoleName, Endpoint> awaitRoles(Set<RoleName> wanted, Consumer<String> news) {
    return await(wanted, rolesWait(), news);
  }

  /** How long roles may take to appear. */
  public Duration rolesWait() {
    return Duration.ofSeconds(config.rolesWaitSeconds());
  }

  /** How long a role that was lost may stay away. */
  public Duration rejoinWait() {
    return Duration.ofSeconds(config.rejoinWaitSeconds());
  }

  /**
   * Waits until these roles are there.
   *
   * @throws InputException naming the roles that are missing after {@code wait}
   */
  public Map<RoleName, Endpoint> await(Set<RoleName> wanted, Duration wait) {
    return await(wanted, wait, line -> {});
  }

  private Map<RoleName, Endpoint> await(Set<RoleName> wanted, Duration wait, Consumer<String> news) {
    CompletableFuture<RoleFinderBehavior.Found> answer = new CompletableFuture<>();
    ActorRef<RoleFinderBehavior.Found> replyTo = spawn(Answers.to(answer), "role-finder-answer");
    spawn(RoleFinderBehavior.create(wanted, wait, replyTo, gaps -> news.accept("still waiting for "
        + RoleGaps.text(gaps))), "role-finder");
    RoleFinderBehavior.Found found = answer.orTimeout(wait.toSeconds() + 10, TimeUnit.SECONDS)
        .join();
    return switch (found) {
      case RoleFinderBehavior.All(var hosts, var spares) -> {
        spares.forEach(news);
        Map<RoleName, Endpoint> endpoints = new EnumMap<>(RoleName.class);
        hosts.forEach((role, here) -> {
          endpoints.put(role, here.endpoint());
          member(here.host().path().address()).ifPresent(node -> addresses.put(here.endpoint(), node));
        });
        yield endpoints;
      }
      case RoleFinderBehavior.Missing(var gaps) -> throw new InputException("cluster.roles_wait_seconds: no "
          + RoleGaps.text(gaps) + " at " + address() + " within " + wait.toSeconds()
          + " seconds; start it with: rlhf node --role ROLE --join " + address());
    };
  }

  /**
   * Told that a role does not answer. If its port refuses connections the process is gone, and its node is removed when
   * another waits to be let in: the failure detector would take a quarter of a minute, in which nobody could join.
   */
  public void suspect(Endpoint endpoint) {
    UniqueAddress node = addresses.get(endpoint);
    if (node == null || node.equals(Cluster.get(system).selfMember().uniqueAddress())) {
      return;
    }
    try (Socket probe = new Socket()) {
      probe.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), PROBE_MILLIS);
    } catch (ConnectException refused) {
      if (addresses.remove(endpoint, node)) {
        spawn(RemovalBehavior.create(node), "removal");
      }
    } catch (IOException unclear) {
      // A slow or partitioned node: the failure detector decides.
      LOG.debug("{} neither answers nor refuses", endpoint, unclear);
    }
  }

  /** Tells those who ask for the status what this node's run is doing. */
  public void report(RunFacts now) {
    run = now;
  }

  private NodeFacts facts() {
    List<HostedRole> roles = servers.stream().map(server -> new HostedRole(server.endpoint().role().label(),
        server.endpoint().host() + ":" + server.endpoint().port(), server.device(), server.state())).toList();
    return new NodeFacts(address(), ProcessHandle.current().pid(), roles, run);
  }

  private Optional<UniqueAddress> member(Address address) {
    for (var member : Cluster.get(system).state().getMembers()) {
      if (member.address().equals(address)) {
        return Optional.of(member.uniqueAddress());
      }
    }
    return Optional.empty();
  }

  /** Starts an actor of the caller's own on this node. */
  public <T> ActorRef<T> spawn(Behavior<T> behavior, String name) {
    CompletionStage<ActorRef<T>> spawned = AskPattern.ask(system,
        replyTo -> new SpawnProtocol.Spawn<>(behavior, name, Props.empty(), replyTo), Duration.ofSeconds(10),
        system.scheduler());
    return spawned.toCompletableFuture().join();
  }

  /** Returns when this node has left the cluster, by {@link #close}, a signal, or because the others removed it. */
  public void awaitTermination() {
    system.getWhenTerminated().toCompletableFuture().join();
  }

  /** Whether this node has ended, or is about to, because it and the others could not reach each other. */
  public boolean isCutOff() {
    return CoordinatedShutdown.get(system).getShutdownReason()
        .filter(reason -> reason.equals(CoordinatedShutdown.clusterDowningReason())).isPresent();
  }

  @Override
  public void close() {
    try {
      CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.clusterLeavingReason()).toCompletableFuture()
          .orTimeout(LEAVE_WITHIN.toSeconds(), TimeUnit.SECONDS).exceptionally(late -> {
            system.terminate();
            return Done.getInstance();
          }).join();
    } finally {
      closeServers();
    }
  }

  private Done closeServers() {
    servers.forEach(RoleServer::close);
    return Done.getInstance();
  }
}
