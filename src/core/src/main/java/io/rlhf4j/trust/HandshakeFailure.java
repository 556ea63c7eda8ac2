package io.rlhf4j.trust;

import java.security.cert.CertificateException;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in a few words why two nodes did not come to speak. */
public final class HandshakeFailure {

  private HandshakeFailure() {}

  /** What a failure tells about certificates; empty if it has nothing to do with TLS. */
  public static Optional<String> in(@Nullable Throwable failure) {
    Optional<Throwable> deepest = Stream.iterate(failure, cause -> cause != null, Throwable::getCause).limit(20)
        .filter(cause -> cause instanceof SSLException || cause instanceof CertificateException)
        .reduce((outer, inner) -> inner);
    return deepest.map(HandshakeFailure::words);
  }

  private static String words(Throwable cause) {
    String said = String.valueOf(cause.getMessage());
    String lower = said.toLowerCase(java.util.Locale.ROOT);
    if (lower.contains("unable to find valid certification path") || lower.contains("path does not chain")) {
      return "its certificate is not signed by an authority in ca";
    }
    if (lower.contains("subject alternative")) {
      return "its certificate is for another host (" + said + ")";
    }
    if (lower.contains("validity check failed") || lower.contains("expired")) {
      return "its certificate is out of date (" + said + ")";
    }
    if (lower.contains("certificate_unknown") || lower.contains("bad_certificate") || lower.contains("unknown_ca")
        || lower.contains("certificate_required")) {
      return "it does not accept this node's certificate; both need certificates of the same ca";
    }
    if (lower.contains("no_application_protocol") || lower.contains("application protocol")) {
      return "it has another token; give both the same token_file";
    }
    if (lower.contains("not an ssl/tls record") || lower.contains("plaintext") || lower.contains("unsupported or")) {
      return "it does not speak TLS; give both the same certificates";
    }
    return said;
  }
}
