package io.rlhf4j.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.rlhf4j.config.ClusterConfig;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class AkkaSettingsTest {

  private static final Config SETTINGS = AkkaSettings
      .of(new ClusterConfig("127.0.0.1", 2551, List.of("10.0.0.1:2552", "10.0.0.2:2553"), 45), List.of("critic"),
          ClusterNode.OnSignal.LEAVE);

  @Test
  void theRecipeDecidesWhoIsJoined() {
    assertThat(SETTINGS.getStringList("akka.cluster.seed-nodes")).containsExactly("akka://rlhf4j@10.0.0.1:2552",
        "akka://rlhf4j@10.0.0.2:2553");
    assertThat(SETTINGS.getStringList("akka.cluster.roles")).containsExactly("critic");
    assertThat(SETTINGS.getString("akka.remote.artery.canonical.hostname")).isEqualTo("127.0.0.1");
    assertThat(SETTINGS.getInt("akka.remote.artery.canonical.port")).isEqualTo(2551);
  }

  @Test
  void unsafeFeaturesAreOff() {
    assertThat(SETTINGS.getBoolean("akka.log-config-on-start")).isFalse();
    assertThat(SETTINGS.getBoolean("akka.actor.allow-java-serialization")).isFalse();
    assertThat(SETTINGS.getConfig("akka.actor.serialization-bindings").root().unwrapped())
        .containsEntry("io.rlhf4j.cluster.ClusterMessage", "jackson-cbor");
  }

  @Test
  void rolesOutliveACoordinatorThatDiesAlone() {
    assertThat(SETTINGS.getString("akka.cluster.downing-provider-class"))
        .isEqualTo("akka.cluster.sbr.SplitBrainResolverProvider");
    assertThat(SETTINGS.getString("akka.cluster.split-brain-resolver.active-strategy")).isEqualTo("keep-oldest");
    assertThat(SETTINGS.getBoolean("akka.cluster.split-brain-resolver.keep-oldest.down-if-alone")).isTrue();
    assertThat(SETTINGS.getString("akka.cluster.split-brain-resolver.keep-oldest.role")).isEmpty();
    assertThat(SETTINGS.getDuration("akka.cluster.failure-detector.acceptable-heartbeat-pause"))
        .isBetween(Duration.ofSeconds(8), Duration.ofSeconds(10));
  }

  /** A key that Akka does not know would change nothing, and say nothing. */
  @Test
  void akkaKnowsEveryKey() {
    Set<String> known = paths(ConfigFactory.defaultReference());
    assertThat(paths(SETTINGS)).filteredOn(path -> path.startsWith("akka.") && !known.contains(path))
        // These two are lists of whatever a program adds.
        .allMatch(path -> path.startsWith("akka.actor.serialization-bindings.")
            || path.startsWith("akka.cluster.configuration-compatibility-check.checkers."));
    assertThat(SETTINGS.getDuration("akka.remote.artery.bind.bind-timeout")).isEqualTo(Duration.ofSeconds(30));
  }

  /** The cluster makes a timer of its own where the system's ticks are longer than what it wants. */
  @Test
  void thereIsOneTimer() {
    assertThat(SETTINGS.getDuration("akka.cluster.scheduler.tick-duration"))
        .isGreaterThanOrEqualTo(SETTINGS.getDuration("akka.scheduler.tick-duration"));
  }

  private static Set<String> paths(Config config) {
    return config.entrySet().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
  }

  @Test
  void systemPropertiesDoNotLeakIn() {
    System.setProperty("akka.cluster.roles.0", "stranger");
    try {
      Config settings = AkkaSettings.of(new ClusterConfig("127.0.0.1", 0, List.of(), 5), List.of("actor"),
          ClusterNode.OnSignal.STAY);
      assertThat(settings.getStringList("akka.cluster.roles")).containsExactly("actor");
    } finally {
      System.clearProperty("akka.cluster.roles.0");
    }
  }
}
