package io.rlhf4j.reward.serve.load;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One connection that stays open for one request after the other, with as little work for each as HTTP/1.1 allows: what
 * the clients of a load test cost is taken from the machine that they measure.
 */
final class HttpConnection implements AutoCloseable {

  private static final int LONGEST_REPLY = 64 << 20;

  private final Socket socket = new Socket();
  private final InputStream in;
  private final byte[] head;
  private boolean used;
  private boolean reusable = true;

  /**
   * A reply.
   *
   * @param status of HTTP
   */
  record Reply(int status, byte[] body) {}

  HttpConnection(URI address, Duration patience) throws IOException {
    head = ("POST " + address.getRawPath() + " HTTP/1.1\r\nHost: " + address.getAuthority()
        + "\r\nContent-Type: application/json\r\nContent-Length: ").getBytes(StandardCharsets.US_ASCII);
    int millis = Math.toIntExact(patience.toMillis());
    try {
      socket.connect(new InetSocketAddress(address.getHost(), address.getPort()), millis);
      socket.setSoTimeout(millis);
      socket.setTcpNoDelay(true);
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /**
   * Sends a body and waits for the reply.
   *
   * @return null if the server had closed the connection while nothing was asked, so that the request is to be sent on
   *     another one
   * @throws IOException if no whole reply comes
   */
  @Nullable
  Reply post(byte[] body) throws IOException {
    boolean again = used;
    used = true;
    int first;
    try {
      var request = new ByteArrayOutputStream(head.length + 16 + body.length);
      request.writeBytes(head);
      request.writeBytes((body.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
      request.writeBytes(body);
      socket.getOutputStream().write(request.toByteArray());
      first = in.read();
    } catch (IOException e) {
      if (again && !(e instanceof SocketTimeoutException)) {
        return null;
      }
      throw e;
    }
    if (first < 0 && again) {
      return null;
    }
    return reply((first < 0 ? "" : (char) first) + line());
  }

  private Reply reply(String statusLine) throws IOException {
    String[] words = statusLine.split(" ", 3);
    if (words.length < 2 || !words[0].startsWith("HTTP/1.") || !words[1].matches("\\d{3}")) {
      throw new IOException("not a reply of HTTP: " + statusLine);
    }
    int length = -1;
    for (String line = line(); !line.isEmpty(); line = line()) {
      String header = line.toLowerCase(Locale.ROOT);
      if (header.startsWith("content-length:")) {
        length = length(header.substring(header.indexOf(':') + 1).strip());
      } else if (header.startsWith("connection:") && header.contains("close")) {
        reusable = false;
      }
    }
    if (length < 0) {
      throw new IOException("the reply does not say how long it is");
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the reply ends after " + body.length + " of " + length + " bytes");
    }
    return new Reply(Integer.parseInt(words[1]), body);
  }

  private static int length(String text) throws IOException {
    if (!text.matches("\\d{1,9}") || Integer.parseInt(text) > LONGEST_REPLY) {
      throw new IOException("the reply has a length of '" + text + "'");
    }
    return Integer.parseInt(text);
  }

  private String line() throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0 || line.length() > 1 << 16) {
        throw new EOFException("the connection ended within a reply");
      }
      line.append((char) c);
    }
    return line.toString().stripTrailing();
  }

  /** Whether another request may follow. */
  boolean reusable() {
    return reusable;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
