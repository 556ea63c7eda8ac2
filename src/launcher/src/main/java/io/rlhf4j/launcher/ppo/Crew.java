package io.rlhf4j.launcher.ppo;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Metrics;
import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.actor.rpc.RemoteActor;
import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.critic.CriticRole;
import io.rlhf4j.critic.rpc.RemoteCritic;
import io.rlhf4j.reference.ReferenceRole;
import io.rlhf4j.reference.rpc.RemoteReference;
import io.rlhf4j.reward.rpc.RemoteReward;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.Fence;
import io.rlhf4j.rpc.RemoteRole;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.RoleException;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RpcLimits;
import io.rlhf4j.telemetry.MeterNames;
import io.rlhf4j.trust.NodeTrust;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The roles of a run as they are now: finds them, hands them their models, and finds them again when they are lost. */
public final class Crew implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Crew.class);

  /** Between two tries to reach a role that was just lost. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final RoleDirectory directory;
  private final String configHash;
  private final CallDeadlines deadlines;
  private final NodeTrust trust;
  private final Fence fence;
  private final Duration firstWait;
  private final Duration rejoinWait;
  private final Map<RoleName, RemoteRole> members = new EnumMap<>(RoleName.class);
  private Map<RoleName, RoleModel> models = new EnumMap<>(RoleName.class);
  private boolean opened;

  /** Of a PPO run. */
  Crew(ClusterNode node, PpoRunSpec spec) {
    this(node, spec.configHash(), spec.deadlines(), spec.fence());
  }

  /**
   * The roles that a node's cluster has.
   *
   * @param configHash SHA-256 of the resolved configuration, hexadecimal; roles refuse calls of another run
   * @param deadlines how long calls may take
   * @param fence which coordinator of the run this is
   */
  public Crew(ClusterNode node, String configHash, CallDeadlines deadlines, Fence fence) {
    this.directory = new NodeDirectory(node);
    this.trust = node.trust();
    this.configHash = configHash;
    this.deadlines = deadlines;
    this.fence = fence;
    this.firstWait = node.rolesWait();
    this.rejoinWait = node.rejoinWait();
    // There from the beginning: Prometheus sees an increase only of what it has seen at 0.
    for (RoleName role : RoleName.values()) {
      replacements(role);
    }
  }

  /** All roles, for work that needs every one of them. */
  public synchronized RoleSet roles() {
    return new RoleSet(actor(), models.containsKey(RoleName.CRITIC) ? critic() : null, reward(), reference());
  }

  /** The actor alone; it can be asked while another role is being replaced. So can each of the following. */
  public synchronized ActorRole actor() {
    return (ActorRole) member(RoleName.ACTOR);
  }

  public synchronized CriticRole critic() {
    return (CriticRole) member(RoleName.CRITIC);
  }

  public synchronized RemoteReward reward() {
    return (RemoteReward) member(RoleName.REWARD);
  }

  public synchronized ReferenceRole reference() {
    return (ReferenceRole) member(RoleName.REFERENCE);
  }

  private RemoteRole member(RoleName role) {
    RemoteRole member = members.get(role);
    if (member == null) {
      throw new IllegalStateException("the " + role.label() + " has no model yet");
    }
    return member;
  }

  /** Finds all roles and sends each its model, all at once. Blocks until every one is ready. */
  public void open(Map<RoleName, RoleModel> from) throws InterruptedException {
    List<Endpoint> known;
    synchronized (this) {
      models = new EnumMap<>(from);
      known = members.values().stream().map(RemoteRole::endpoint).toList();
    }
    // A dead node is in the way of the one that is started in its place.
    known.forEach(directory::suspect);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<RoleName> pending = new ExecutorCompletionService<>(threads);
      // All at once, so that the message names every role that is missing.
      directory.await(EnumSet.copyOf(from.keySet()), opened ? rejoinWait : firstWait);
      opened = true;
      from.keySet().forEach(role -> pending.submit(() -> replace(role), role));
      try {
        for (int i = 0; i < from.size(); i++) {
          pending.take().get();
        }
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw Failures.unwrap(e);
      }
    }
  }

  /** Gives one role another model, unless it has that one. Blocks until it is ready; what it did before is over. */
  public void assign(RoleName role, RoleModel model) {
    RemoteRole former;
    synchronized (this) {
      if (model.equals(models.put(role, model)) && members.containsKey(role)) {
        return;
      }
      former = members.remove(role);
    }
    if (former != null) {
      former.close();
    }
    prepare(role);
  }

  /**
   * Finds one role, wherever it is now, and sends it its model. A node that cannot be reached is tried again, as is one
   * that takes its place.
   *
   * @throws io.rlhf4j.config.InputException if there is none in time, or the role refuses its input
   */
  public void replace(RoleName role) {
    RemoteRole former;
    synchronized (this) {
      former = members.remove(role);
    }
    if (former != null) {
      replacements(role).increment();
      former.close();
      directory.suspect(former.endpoint());
    }
    prepare(role);
  }

  private static Counter replacements(RoleName role) {
    return Metrics.counter(MeterNames.REPLACEMENTS, "role", role.label());
  }

  private void prepare(RoleName role) {
    long end = System.nanoTime() + rejoinWait.toNanos();
    while (true) {
      Endpoint endpoint = directory.await(Set.of(role), rejoinWait).get(role);
      RemoteRole next = connect(endpoint);
      try {
        RoleModel model = model(role);
        next.prepare(model.modelDirectory(), model.settingsJson());
        synchronized (this) {
          members.put(role, next);
        }
        LOG.info("{} is ready", endpoint);
        return;
      } catch (RoleException e) {
        next.close();
        if (!e.isLost() || System.nanoTime() > end) {
          throw e;
        }
        LOG.info("{}, looking for another", e.getMessage());
        directory.suspect(endpoint);
        pause(e);
      } catch (RuntimeException e) {
        next.close();
        throw e;
      }
    }
  }

  private synchronized RoleModel model(RoleName role) {
    return models.get(role);
  }

  private static void pause(RoleException why) {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw why;
    }
  }

  private RemoteRole connect(Endpoint endpoint) {
    RoleClient client = new RoleClient(endpoint, configHash, fence, deadlines, RpcLimits.DEFAULT, trust);
    return switch (endpoint.role()) {
      case ACTOR -> new RemoteActor(client);
      case CRITIC -> new RemoteCritic(client);
      case REWARD -> new RemoteReward(client);
      case REFERENCE -> new RemoteReference(client);
    };
  }

  @Override
  public synchronized void close() {
    members.values().forEach(RemoteRole::close);
    members.clear();
  }
}
