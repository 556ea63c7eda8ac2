package io.rlhf4j.trust;

import io.rlhf4j.config.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and keys in text files. */
final class PemFiles {

  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

  private PemFiles() {}

  /** All certificates of a file, in its order. */
  static List<X509Certificate> certificates(Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      List<X509Certificate> all = CertificateFactory.getInstance("X.509").generateCertificates(in).stream()
          .map(X509Certificate.class::cast).toList();
      if (all.isEmpty()) {
        throw InputException.in(file, "holds no certificate, must be a PEM file with BEGIN CERTIFICATE");
      }
      return all;
    } catch (IOException e) {
      throw InputException.in(file, "cannot be read: " + reason(e));
    } catch (CertificateException e) {
      throw InputException.in(file, "holds no certificate, must be a PEM file with BEGIN CERTIFICATE");
    }
  }

  /** @param algorithm of the certificate that the key belongs to */
  static PrivateKey key(Path file, String algorithm) {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      throw InputException.in(file, "cannot be read: " + reason(e));
    }
    Matcher key = KEY.matcher(text);
    if (!key.find()) {
      throw InputException.in(file, "holds no key that can be read, must be PKCS#8 without a password (BEGIN PRIVATE "
          + "KEY); openssl pkcs8 -topk8 -nocrypt makes that of another");
    }
    try {
      byte[] bytes = Base64.getMimeDecoder().decode(key.group(1));
      return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(bytes));
    } catch (GeneralSecurityException | IllegalArgumentException e) {
      throw InputException.in(file, "holds no " + algorithm + " key, as the certificate needs");
    }
  }

  static String reason(IOException failure) {
    return failure instanceof NoSuchFileException ? "there is no such file" : String.valueOf(failure.getMessage());
  }
}
