package io.rlhf4j.rpc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** A way to a server on which from some moment on nothing arrives any more, though no connection breaks. */
final class StallingLink implements AutoCloseable {

  private static final int BUFFER = 1 << 16;

  private final int target;
  private final ServerSocket listener;
  private final List<AutoCloseable> sockets = new CopyOnWriteArrayList<>();
  private final AtomicLong taken = new AtomicLong();
  private final CountDownLatch end = new CountDownLatch(1);
  private volatile long limit = Long.MAX_VALUE;

  StallingLink(int target) throws IOException {
    this.target = target;
    this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    sockets.add(listener);
    Thread.ofVirtual().start(this::listen);
  }

  /** The server by this way. */
  Endpoint endpoint(RoleName role) {
    return new Endpoint(role, RpcServer.LOOPBACK, listener.getLocalPort());
  }

  /** Nothing goes on any more. */
  void stall() {
    limit = 0;
  }

  /** Nothing goes on once so many bytes have been carried, both ways together. */
  void stallAfter(long bytes) {
    limit = bytes;
  }

  /** Bytes that were taken from either side. */
  long taken() {
    return taken.get();
  }

  private void listen() {
    try {
      while (true) {
        Socket caller = listener.accept();
        Socket called = new Socket();
        sockets.addAll(List.of(caller, called));
        called.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), target));
        Thread.ofVirtual().start(() -> carry(caller, called));
        Thread.ofVirtual().start(() -> carry(called, caller));
      }
    } catch (IOException closed) {
      // The test is over.
    }
  }

  private void carry(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] bytes = new byte[BUFFER];
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (taken.addAndGet(count) > limit) {
          end.await();
        }
        out.write(bytes, 0, count);
      }
      to.shutdownOutput();
    } catch (IOException | InterruptedException broken) {
      // Whoever waits has a deadline.
    }
  }

  @Override
  public void close() {
    end.countDown();
    for (AutoCloseable socket : sockets) {
      try {
        socket.close();
      } catch (Exception e) {
        // Nobody needs it any more.
      }
    }
  }
}
