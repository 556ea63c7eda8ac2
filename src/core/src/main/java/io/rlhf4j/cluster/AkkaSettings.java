package io.rlhf4j.cluster;

import akka.actor.BootstrapSetup;
import akka.actor.setup.ActorSystemSetup;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.trust.NodeTrust;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Akka's configuration, made from ours. Neither {@code application.conf} nor system properties take part, so the recipe
 * is all there is to know.
 */
final class AkkaSettings {

  /** Nodes only talk to systems of the same name. */
  static final String SYSTEM_NAME = "rlhf4j";

  private AkkaSettings() {}

  static Config of(ClusterConfig cluster, List<String> roles, ClusterNode.OnSignal onSignal) {
    return of(cluster, NodeTrust.LOOPBACK_ONLY, roles, onSignal);
  }

  static Config of(ClusterConfig cluster, NodeTrust trust, List<String> roles, ClusterNode.OnSignal onSignal) {
    Map<String, Object> settings = new HashMap<>(safety());
    settings.putAll(JoinCheck.settings(trust.token()));
    settings.put("akka.remote.artery.transport", trust.tls() == null ? "tcp" : "tls-tcp");
    settings.putAll(membership());
    settings.putAll(wakings());
    settings.put("akka.remote.artery.canonical.hostname", cluster.host());
    settings.put("akka.remote.artery.canonical.port", cluster.port());
    settings.put("akka.cluster.roles", roles);
    settings.put("akka.coordinated-shutdown.run-by-jvm-shutdown-hook",
        onSignal == ClusterNode.OnSignal.LEAVE ? "on" : "off");
    settings.put("akka.cluster.seed-nodes",
        cluster.seedNodes().stream().map(node -> "akka://" + SYSTEM_NAME + "@" + node).toList());
    return ConfigFactory.parseMap(settings, "rlhf4j").withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  /** The same as Akka wants it at the start, with the certificates. */
  static ActorSystemSetup setup(Config settings, NodeTrust trust) {
    BootstrapSetup plain = BootstrapSetup.create(settings);
    return trust.tls() == null ? ActorSystemSetup.create(plain)
        : ActorSystemSetup.create(plain, NodeEngines.setup(trust.tls(), trust.token()));
  }

  private static Map<String, Object> safety() {
    return Map.of("akka.actor.provider", "cluster",
        "akka.actor.allow-java-serialization", "off",
        "akka.actor.serialization-bindings." + ConfigUtil.quoteString(ClusterMessage.class.getName()), "jackson-cbor",
        // CVE-2023-45865: environment variables would be logged with the configuration.
        "akka.log-config-on-start", "off",
        "akka.loggers", List.of("akka.event.slf4j.Slf4jLogger"),
        "akka.logging-filter", "akka.event.slf4j.Slf4jLoggingFilter",
        "akka.loglevel", "WARNING",
        "akka.stdout-loglevel", "OFF");
  }

  private static Map<String, Object> membership() {
    return Map.of("akka.cluster.downing-provider-class", "akka.cluster.sbr.SplitBrainResolverProvider",
        "akka.cluster.split-brain-resolver.active-strategy", "keep-oldest",
        // The coordinator is usually the oldest node. When it dies alone, the roles stay up and wait for another.
        "akka.cluster.split-brain-resolver.keep-oldest.down-if-alone", "on",
        "akka.cluster.split-brain-resolver.stable-after", "7s",
        // Heartbeats starve while libtorch holds every core; three seconds would report live nodes as lost.
        "akka.cluster.failure-detector.acceptable-heartbeat-pause", "9s",
        // A member that died without leaving would hold up the others' leaving until it is removed.
        "akka.coordinated-shutdown.phases.cluster-exiting.timeout", "4s",
        // A machine that starts several nodes at once is slower than three seconds.
        "akka.remote.artery.bind.bind-timeout", "30s",
        // A node that was started again is let in at its second try, once its former self is out.
        "akka.cluster.retry-unsuccessful-join-after", "3s",
        "akka.cluster.jmx.multi-mbeans-in-same-jvm", "on");
  }

  /**
   * A node that only waits for its turn is woken by Akka some 180 times a second, and each waking takes 0.1 to 0.3 ms
   * of a core that others compute on: five such nodes cost a run several percent. So the timer ticks less often,
   * members hear of each other less often, and what Akka does for itself has one thread, which does all that one
   * message causes before it sleeps again.
   */
  private static Map<String, Object> wakings() {
    Map<String, Object> settings = new HashMap<>(Map.of("akka.scheduler.tick-duration", "100ms",
        // Where the system's ticks are longer than this, 33 ms by default, the cluster makes a timer of its own.
        "akka.cluster.scheduler.tick-duration", "100ms",
        "akka.cluster.failure-detector.heartbeat-interval", "2s",
        "akka.cluster.failure-detector.expected-response-after", "2s",
        "akka.cluster.gossip-interval", "2s",
        "akka.cluster.distributed-data.gossip-interval", "4s",
        "akka.cluster.distributed-data.notify-subscribers-interval", "1s"));
    for (String pool : List.of("akka.actor.internal-dispatcher", "akka.remote.default-remote-dispatcher")) {
      settings.put(pool + ".fork-join-executor.parallelism-min", 1);
      settings.put(pool + ".fork-join-executor.parallelism-max", 1);
    }
    return settings;
  }
}
