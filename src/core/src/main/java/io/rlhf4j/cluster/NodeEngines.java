package io.rlhf4j.cluster;

import akka.actor.setup.Setup;
import akka.remote.artery.tcp.SSLEngineProvider;
import akka.remote.artery.tcp.SSLEngineProviderSetup;
import io.rlhf4j.trust.Tls;
import io.rlhf4j.trust.Token;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import scala.Option;

/**
 * TLS between the nodes of the cluster. Whoever calls checks that the certificate names the host that was called. The
 * token is shown in the handshake, as the name of the application protocol: nobody gets as far as a first message
 * without it.
 */
final class NodeEngines implements SSLEngineProvider {

  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

  private final Tls tls;
  private final String application;
  /** Handshakes under way, by their engines; those that never end are dropped with their connection. */
  private final Set<SSLEngine> answering = Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private NodeEngines(Tls tls, String application) {
    this.tls = tls;
    this.application = application;
  }

  static Setup setup(Tls tls, @Nullable Token token) {
    return SSLEngineProviderSetup.create(system -> new NodeEngines(tls, application(token)));
  }

  /** What the handshake of nodes with this token names as its protocol. */
  static String application(@Nullable Token token) {
    return token == null ? "rlhf4j" : "rlhf4j-" + token.proof("cluster handshake");
  }

  @Override
  public SSLEngine createServerSSLEngine(String host, int port) {
    SSLEngine engine = tls.context().createSSLEngine(host, port);
    engine.setUseClientMode(false);
    SSLParameters parameters = parameters();
    parameters.setNeedClientAuth(tls.mutual());
    engine.setSSLParameters(parameters);
    // Null ends the handshake with the alert no_application_protocol.
    engine.setHandshakeApplicationProtocolSelector((self, offered) -> offered.stream()
        .filter(name -> Token.equal(name, application)).findFirst().orElse(null));
    answering.add(engine);
    return engine;
  }

  @Override
  public SSLEngine createClientSSLEngine(String host, int port) {
    SSLEngine engine = tls.context().createSSLEngine(host, port);
    engine.setUseClientMode(true);
    SSLParameters parameters = parameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    parameters.setApplicationProtocols(new String[] {application});
    engine.setSSLParameters(parameters);
    return engine;
  }

  private static SSLParameters parameters() {
    SSLParameters parameters = new SSLParameters();
    parameters.setProtocols(PROTOCOLS);
    return parameters;
  }

  @Override
  public Option<Throwable> verifyClientSession(String host, SSLSession session) {
    return Option.empty();
  }

  /** A caller that offers no protocol at all is not asked for one by the handshake. */
  @Override
  public Option<Throwable> verifyServerSession(String host, SSLSession session) {
    SSLEngine engine;
    synchronized (answering) {
      engine = answering.stream().filter(one -> one.getSession().equals(session)).findFirst().orElse(null);
    }
    answering.remove(engine);
    boolean shown = engine != null && Token.equal(String.valueOf(engine.getApplicationProtocol()), application);
    return shown ? Option.empty() : Option.apply(new SSLHandshakeException("the caller does not show the token"));
  }
}
