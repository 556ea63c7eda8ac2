package io.rlhf4j.trust;

import io.rlhf4j.config.SecurityConfig;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The certificates in {@code tls/}, made by {@code make.sh} there. */
public final class TestCertificates {

  private TestCertificates() {}

  /** A file by its name, for example {@code node.pem}. */
  public static Path file(String name) {
    try {
      return Path.of(TestCertificates.class.getResource("/tls/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * @param who node, stranger (of another authority), elsewhere (named for another host) or expired
   * @param ca ca or other-ca
   */
  public static SecurityConfig security(String who, String ca, Path tokenFile) {
    String key = who.equals("expired") ? "node" : who;
    return new SecurityConfig(file(who + ".pem"), file(key + ".key"), file(ca + ".pem"), true, tokenFile, false);
  }

  /** A file with a token. */
  public static Path token(Path directory, String text) {
    try {
      return Files.writeString(Files.createTempFile(directory, "token", ""), text + "\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
