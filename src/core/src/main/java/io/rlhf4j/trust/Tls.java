package io.rlhf4j.trust;

import io.rlhf4j.config.InputException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** A node's certificate with its key, and the authorities that it trusts. Read once; a new one needs a restart. */
public final class Tls {

  private static final char[] IN_MEMORY = "in memory only".toCharArray();

  private final KeyManager[] keys;
  private final TrustManager[] trusted;
  private final SSLContext context;
  private final boolean mutual;

  private Tls(KeyManager[] keys, TrustManager[] trusted, boolean mutual) throws GeneralSecurityException {
    this.keys = keys;
    this.trusted = trusted;
    this.mutual = mutual;
    this.context = SSLContext.getInstance("TLS");
    context.init(keys, trusted, null);
  }

  /**
   * Reads and checks all three files.
   *
   * @param mutual whether whoever calls must have a certificate too
   * @throws InputException naming the file that is missing, expired, or does not belong to the others
   */
  static Tls load(Path certificate, Path key, Path ca, boolean mutual) {
    List<X509Certificate> chain = PemFiles.certificates(certificate);
    List<X509Certificate> authorities = PemFiles.certificates(ca);
    checkDates(certificate, chain.getFirst());
    authorities.forEach(authority -> checkDates(ca, authority));
    PrivateKey secret = PemFiles.key(key, chain.getFirst().getPublicKey().getAlgorithm());
    try {
      if (!belongTogether(secret, chain.getFirst())) {
        throw InputException.in(key, "is not the key of the certificate in " + certificate);
      }
      TrustManager[] trusted = trust(authorities);
      checkSigned(certificate, chain, ca, trusted);
      return new Tls(keys(chain, secret), trusted, mutual);
    } catch (GeneralSecurityException e) {
      throw InputException.in(certificate, "cannot be used: " + e.getMessage());
    }
  }

  private static void checkDates(Path file, X509Certificate certificate) {
    String whose = "the certificate of " + certificate.getSubjectX500Principal().getName();
    try {
      certificate.checkValidity();
    } catch (CertificateExpiredException e) {
      throw InputException.in(file, whose + " expired at " + certificate.getNotAfter().toInstant());
    } catch (CertificateNotYetValidException e) {
      throw InputException.in(file, whose + " is not valid before " + certificate.getNotBefore().toInstant());
    }
  }

  private static boolean belongTogether(PrivateKey key, X509Certificate certificate) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(switch (key.getAlgorithm()) {
      case "RSA" -> "SHA256withRSA";
      case "EC" -> "SHA256withECDSA";
      case String other -> other;
    });
    byte[] probe = {1, 2, 3};
    signature.initSign(key);
    signature.update(probe);
    byte[] signed = signature.sign();
    signature.initVerify(certificate.getPublicKey());
    signature.update(probe);
    return signature.verify(signed);
  }

  private static void checkSigned(Path file, List<X509Certificate> chain, Path ca, TrustManager[] trusted) {
    for (TrustManager manager : trusted) {
      if (manager instanceof X509TrustManager x509) {
        try {
          x509.checkServerTrusted(chain.toArray(X509Certificate[]::new), "UNKNOWN");
        } catch (CertificateException e) {
          throw InputException.in(file, "is not signed by an authority in " + ca + " (" + e.getMessage() + ")");
        }
      }
    }
  }

  private static TrustManager[] trust(List<X509Certificate> authorities) throws GeneralSecurityException {
    KeyStore store = empty();
    for (int i = 0; i < authorities.size(); i++) {
      store.setCertificateEntry("authority-" + i, authorities.get(i));
    }
    TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    return factory.getTrustManagers();
  }

  private static KeyManager[] keys(List<X509Certificate> chain, PrivateKey key) throws GeneralSecurityException {
    KeyStore store = empty();
    store.setKeyEntry("node", key, IN_MEMORY, chain.toArray(X509Certificate[]::new));
    KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, IN_MEMORY);
    return factory.getKeyManagers();
  }

  private static KeyStore empty() throws GeneralSecurityException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    try {
      store.load(null, null);
    } catch (java.io.IOException e) {
      throw new AssertionError("nothing is read", e);
    }
    return store;
  }

  /** Whoever calls must have a certificate too. */
  public boolean mutual() {
    return mutual;
  }

  /** This node's certificate, for servers and for calls to them. */
  public KeyManager[] keyManagers() {
    return keys.clone();
  }

  /** Whom this node believes. */
  public TrustManager[] trustManagers() {
    return trusted.clone();
  }

  /** Both together, for the JDK's own TLS. */
  public SSLContext context() {
    return context;
  }
}
