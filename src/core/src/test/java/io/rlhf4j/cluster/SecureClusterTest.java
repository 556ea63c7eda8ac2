package io.rlhf4j.cluster;

import static io.rlhf4j.trust.TestCertificates.security;
import static io.rlhf4j.trust.TestCertificates.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SecurityConfig;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may join, over real sockets. */
@Tag("cluster")
class SecureClusterTest {

  private static final String SECRET = "0123456789abcdef-secret";

  @TempDir
  Path directory;

  @Test
  void certificateAndTokenDecideWhoJoins() throws Exception {
    Path shared = token(directory, SECRET);
    SecurityConfig secure = security("node", "ca", shared);
    try (ClusterNode coordinator = ClusterNode.start(config(secure), List.of());
        ClusterNode critic = ClusterNode.start(joining(coordinator, secure), List.of(RoleName.CRITIC))) {
      await().atMost(Duration.ofMinutes(2)).until(() -> coordinator.membersUp() == 2);
      assertThat(critic.trust().tls()).isNotNull();
      ClusterStatus status = ClusterStatus.ask(joining(coordinator, secure), "");
      assertThat(status.members()).hasSize(2);
      assertThat(status.nodes()).hasSize(2);

      refused(coordinator, security("node", "ca", token(directory, SECRET + "-other")),
          ": it has another token; give both the same token_file");
      refused(coordinator, security("node", "ca", null), ": it has another token; give both the same token_file");
      refused(coordinator, security("stranger", "other-ca", shared),
          ": its certificate is not signed by an authority in ca");
      assertThatThrownBy(() -> ClusterStatus.ask(joining(coordinator, SecurityConfig.NONE), ""))
          .isInstanceOf(InputException.class).hasMessageContaining("does not answer as a node of rlhf4j");
      assertThatThrownBy(() -> silent(coordinator, NodeTrust.load(secure))).isInstanceOf(IOException.class);
      assertThat(coordinator.membersUp()).isEqualTo(2);
    }
  }

  /** A caller with a certificate that shows no token at all is not read. */
  private static void silent(ClusterNode node, NodeTrust trust) throws IOException {
    String address = node.address();
    int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
    try (SSLSocket socket = (SSLSocket) trust.tls().context().getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setSoTimeout(60_000);
      socket.startHandshake();
      if (socket.getInputStream().read() < 0) {
        throw new IOException("closed");
      }
    }
  }

  @Test
  void anotherTokenIsRefusedWithoutCertificatesToo() {
    SecurityConfig tokenOnly = new SecurityConfig(null, null, null, true, token(directory, SECRET), false);
    try (ClusterNode coordinator = ClusterNode.start(config(tokenOnly), List.of())) {
      assertThatThrownBy(() -> ClusterNode.start(joining(coordinator, SecurityConfig.NONE), List.of(RoleName.CRITIC)))
          .isInstanceOf(InputException.class).hasMessage("cluster.seed_nodes: " + coordinator.address()
              + " refused this node: it has another token, or runs another version of rlhf4j");
    }
  }

  @Test
  void anAddressThatOthersCanReachIsRefusedAtOnce() {
    assertThatThrownBy(() -> ClusterNode.start(new ClusterConfig("0.0.0.0", 0, List.of(), 5), List.of()).close())
        .isInstanceOf(InputException.class).hasMessageStartingWith("cluster.host: is 0.0.0.0");
  }

  private static void refused(ClusterNode coordinator, SecurityConfig security, String message) {
    assertThatThrownBy(() -> ClusterNode.start(joining(coordinator, security), List.of(RoleName.ACTOR)).close())
        .isInstanceOf(InputException.class).hasMessage("cannot join " + coordinator.address() + message);
  }

  private static ClusterConfig config(SecurityConfig security) {
    return new ClusterConfig("127.0.0.1", 0, List.of(), 60).with(security);
  }

  private static ClusterConfig joining(ClusterNode node, SecurityConfig security) {
    return new ClusterConfig("127.0.0.1", 0, List.of(node.address()), 60).with(security);
  }
}
