package io.rlhf4j.trust;

import static io.rlhf4j.trust.TestCertificates.file;
import static io.rlhf4j.trust.TestCertificates.security;
import static io.rlhf4j.trust.TestCertificates.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SecurityConfig;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeTrustTest {

  private static final String SECRET = "0123456789abcdef-secret";

  @TempDir
  Path directory;

  @Test
  void filesThatFitTogetherAreAccepted() {
    NodeTrust trust = NodeTrust.load(security("node", "ca", token(directory, SECRET)));
    assertThat(trust.tls().mutual()).isTrue();
    assertThat(trust.token().matches(SECRET)).isTrue();
    assertThat(trust.token().matches(SECRET + "x")).isFalse();
    assertThat(trust.token().matches(null)).isFalse();
    assertThat(trust.token()).hasToString("Token[hidden]");
    trust.requireFor("0.0.0.0");
  }

  @Test
  void whatIsWrongIsOneLine() {
    refused(security("expired", "ca", null), "expired.pem: the certificate of CN=expired expired at 2020-01-02");
    refused(security("stranger", "ca", null), "stranger.pem: is not signed by an authority in");
    refused(new SecurityConfig(file("node.pem"), file("stranger.key"), file("ca.pem"), true, null, false),
        "stranger.key: is not the key of the certificate in");
    refused(new SecurityConfig(file("node.pem"), file("node.pem"), file("ca.pem"), true, null, false),
        "node.pem: holds no key that can be read, must be PKCS#8");
    refused(new SecurityConfig(file("node.key"), file("node.key"), file("ca.pem"), true, null, false),
        "node.key: holds no certificate");
    refused(new SecurityConfig(directory.resolve("none.pem"), file("node.key"), file("ca.pem"), true, null, false),
        "none.pem: cannot be read: there is no such file");
    refused(new SecurityConfig(null, null, null, true, token(directory, "short"), false),
        "the token has 5 characters, must have at least 16");
    refused(new SecurityConfig(null, null, null, true, directory.resolve("none"), false),
        "cannot be read as the token: there is no such file");
    assertThatThrownBy(() -> new SecurityConfig(file("node.pem"), null, file("ca.pem"), true, null, false))
        .isInstanceOf(InputException.class).hasMessageContaining("key: is missing");
  }

  private static void refused(SecurityConfig config, String message) {
    assertThatThrownBy(() -> NodeTrust.load(config)).isInstanceOf(InputException.class)
        .hasMessageContaining(message).hasMessageNotContaining("\n");
  }

  @Test
  void anAddressThatOthersCanReachNeedsBoth() {
    assertThatCode(() -> NodeTrust.LOOPBACK_ONLY.requireFor("localhost")).doesNotThrowAnyException();
    assertThatCode(() -> NodeTrust.UNPROTECTED.requireFor("0.0.0.0")).doesNotThrowAnyException();
    assertThatThrownBy(() -> NodeTrust.LOOPBACK_ONLY.requireFor("0.0.0.0")).isInstanceOf(InputException.class)
        .hasMessageStartingWith("cluster.host: is 0.0.0.0, which other machines can reach, without TLS and a token");
    assertThatThrownBy(() -> NodeTrust.load(security("node", "ca", null)).requireFor("192.0.2.1"))
        .hasMessageContaining("without a token");
    SecurityConfig tokenOnly = new SecurityConfig(null, null, null, true, token(directory, SECRET), false);
    assertThatThrownBy(() -> NodeTrust.load(tokenOnly).requireFor("192.0.2.1")).hasMessageContaining("without TLS;");
  }
}
