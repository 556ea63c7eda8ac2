package io.rlhf4j.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * How nodes know each other and what protects what they say. Everything left out is right on one machine only: a node
 * that others can reach needs certificate, key, ca and token_file.
 *
 * @param certificate PEM file with this node's certificate, followed by those between it and the authority
 * @param key PEM file with the private key of the certificate, PKCS#8 without a password
 * @param ca PEM file with the authorities that sign the certificates of all nodes
 * @param mutual whether whoever calls must have a certificate too
 * @param tokenFile file with the secret that all nodes share, at least 16 characters
 * @param insecure whether a node that others can reach may do without TLS and token, as in a network of its own
 */
public record SecurityConfig(@Default("null") @Nullable Path certificate, @Default("null") @Nullable Path key,
    @Default("null") @Nullable Path ca, @Default("true") boolean mutual, @Default("null") @Nullable Path tokenFile,
    @Default("false") boolean insecure) {

  /** Nothing: for one machine. */
  public static final SecurityConfig NONE = new SecurityConfig(null, null, null, true, null, false);

  public SecurityConfig {
    boolean some = certificate != null || key != null || ca != null;
    Check.that(!some || certificate != null, "certificate", "missing", "given, because key or ca is");
    Check.that(!some || key != null, "key", "missing", "given, because certificate or ca is");
    Check.that(!some || ca != null, "ca", "missing", "given, because certificate or key is");
  }
}
