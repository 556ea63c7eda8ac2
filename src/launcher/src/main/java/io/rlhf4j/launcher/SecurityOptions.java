package io.rlhf4j.launcher;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SecurityConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The arguments of every command that speaks with nodes on other machines; use it as a picocli mixin. */
final class SecurityOptions {

  @Option(names = "--certificate", paramLabel = "FILE", description = "PEM file with this node's certificate.")
  private @Nullable Path certificate;

  @Option(names = "--key", paramLabel = "FILE", description = "PEM file with its private key, PKCS#8, no password.")
  private @Nullable Path key;

  @Option(names = "--ca", paramLabel = "FILE", description = "PEM file with the authority that signs all nodes.")
  private @Nullable Path ca;

  @Option(names = "--no-mutual", description = "Let nodes without a certificate call, if they have the token.")
  private boolean oneWay;

  @Option(names = "--token-file", paramLabel = "FILE", description = "File with the secret that all nodes share.")
  private @Nullable Path tokenFile;

  @Option(names = "--insecure", description = "Allow an address that others can reach without TLS and token.")
  private boolean insecure;

  /** @throws InputException if only some of certificate, key and ca are given */
  SecurityConfig config() {
    if ((certificate == null) != (key == null) || (key == null) != (ca == null)) {
      throw new InputException("--certificate, --key and --ca belong together, give all three or none");
    }
    return new SecurityConfig(certificate, key, ca, !oneWay, tokenFile, insecure);
  }
}
