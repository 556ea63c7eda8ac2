package io.rlhf4j.trust;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SecurityConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * What a node shows to others and asks of them.
 *
 * @param tls null speaks plain text
 * @param token null asks for none
 * @param insecure whether a node that others can reach may do without
 */
public record NodeTrust(@Nullable Tls tls, @Nullable Token token, boolean insecure) {

  /** For one machine: plain text, no token. */
  public static final NodeTrust LOOPBACK_ONLY = new NodeTrust(null, null, false);

  /** Plain text on any address, for servers that something else protects. */
  public static final NodeTrust UNPROTECTED = new NodeTrust(null, null, true);

  /** @throws InputException if a file is missing, expired, or does not fit the others */
  public static NodeTrust load(SecurityConfig config) {
    Tls tls = config.certificate() == null || config.key() == null || config.ca() == null ? null
        : Tls.load(config.certificate(), config.key(), config.ca(), config.mutual());
    Token token = config.tokenFile() == null ? null : Token.read(config.tokenFile());
    return new NodeTrust(tls, token, config.insecure());
  }

  /**
   * Checks that this is enough to listen at an address.
   *
   * @throws InputException if others can reach {@code host} and TLS or the token is missing
   */
  public void requireFor(String host) {
    if (insecure || tls != null && token != null || isLoopback(host)) {
      return;
    }
    String lacking = tls == null && token == null ? "TLS and a token" : tls == null ? "TLS" : "a token";
    throw new InputException("cluster.host: is " + host + ", which other machines can reach, without " + lacking
        + "; give certificate, key, ca and token_file (see src/docs/cluster.md), or allow it with insecure");
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new InputException("cluster.host: is " + host + ", which has no address here", e);
    }
  }
}
