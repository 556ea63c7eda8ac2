package io.rlhf4j.cluster;

import io.rlhf4j.config.InputException;
import io.rlhf4j.trust.HandshakeFailure;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/** Finds out before a node joins whether the others would speak with it: Akka itself would go on trying in silence. */
final class SeedProbe {

  private static final Duration WITHIN = Duration.ofSeconds(5);
  private static final Duration BETWEEN = Duration.ofSeconds(1);

  private final NodeTrust trust;

  SeedProbe(NodeTrust trust) {
    this.trust = trust;
  }

  /**
   * The first of some nodes that is ready to speak; empty if none listens.
   *
   * @throws InputException if one listens but refuses the certificates or the token
   */
  Optional<String> first(List<String> nodes) {
    return first(nodes, new ArrayList<>());
  }

  /** Like {@link #first(List)}; {@code said} gets a line for each node that does not listen. */
  Optional<String> first(List<String> nodes, List<String> said) {
    for (String node : nodes) {
      try (Socket socket = new Socket()) {
        socket.connect(address(node), (int) WITHIN.toMillis());
        if (trust.tls() != null) {
          shakeHands(socket, node);
        }
        return Optional.of(node);
      } catch (SSLException e) {
        throw new InputException("cannot join " + node + ": " + HandshakeFailure.in(e).orElse(e.getMessage()), e);
      } catch (IOException e) {
        said.add(node + ": " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  /**
   * Waits until one of some nodes listens.
   *
   * @return false if given up
   * @throws InputException if none listens in time, or one refuses the certificates or the token
   * @see ClusterNode#awaitListening
   */
  boolean await(List<String> nodes, Duration wait, CountDownLatch givenUp, Consumer<String> news) {
    Instant start = Instant.now();
    boolean said = false;
    while (first(nodes).isEmpty()) {
      if (Duration.between(start, Instant.now()).compareTo(wait) > 0) {
        throw nobodyThere(nodes, wait);
      }
      if (!said) {
        news.accept("waiting for " + String.join(" or ", nodes) + ", where nothing listens yet");
        said = true;
      }
      if (isGivenUp(givenUp)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isGivenUp(CountDownLatch givenUp) {
    try {
      return givenUp.await(BETWEEN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  static InputException nobodyThere(List<String> nodes, Duration wait) {
    return new InputException("cluster.seed_nodes: cannot join " + String.join(", ", nodes) + " within "
        + wait.toSeconds() + " seconds; is a node running there?");
  }

  private void shakeHands(Socket socket, String node) throws IOException {
    socket.setSoTimeout((int) WITHIN.toMillis());
    InetSocketAddress address = address(node);
    try (SSLSocket secure = (SSLSocket) trust.tls().context().getSocketFactory().createSocket(socket,
        address.getHostString(), address.getPort(), false)) {
      SSLParameters parameters = secure.getSSLParameters();
      // With this version both sides are content when the handshake ends; with 1.3 the server's verdict comes later.
      parameters.setProtocols(new String[] {"TLSv1.2"});
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      parameters.setApplicationProtocols(new String[] {NodeEngines.application(trust.token())});
      secure.setSSLParameters(parameters);
      secure.startHandshake();
    } catch (java.net.SocketException e) {
      throw new SSLException("Remote host terminated the handshake", e);
    }
  }

  static InetSocketAddress address(String hostPort) {
    int colon = hostPort.lastIndexOf(':');
    return new InetSocketAddress(hostPort.substring(0, colon), Integer.parseInt(hostPort.substring(colon + 1)));
  }
}
