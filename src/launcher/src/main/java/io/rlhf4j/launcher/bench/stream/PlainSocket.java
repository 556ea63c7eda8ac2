package io.rlhf4j.launcher.bench.stream;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The least that moving bytes between two processes costs here: one TCP connection on loopback, no checksums, no
 * framing, buffers outside the heap. From memory to memory, or from files to files.
 */
final class PlainSocket implements AutoCloseable {

  private static final int BUFFER = 256 << 10;

  private final ServerSocketChannel server;
  private final Path directory;

  /** @param directory where files arrive; each is deleted when it is complete */
  PlainSocket(Path directory) throws IOException {
    this.directory = directory;
    this.server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofPlatform().name("plain-socket").daemon().start(this::serve);
  }

  int port() throws IOException {
    return ((InetSocketAddress) server.getLocalAddress()).getPort();
  }

  /** Sends so many bytes of memory and waits until they were read. */
  static void sendMemory(int port, long bytes) throws IOException {
    try (SocketChannel socket = connect(port, bytes, false)) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
      for (long left = bytes; left > 0; left -= buffer.position()) {
        buffer.clear().limit((int) Math.min(BUFFER, left));
        while (buffer.hasRemaining()) {
          socket.write(buffer);
        }
      }
      awaitReceipt(socket);
    }
  }

  /** Sends files and waits until they were written. */
  static void sendFiles(int port, List<Path> files) throws IOException {
    for (Path file : files) {
      try (FileChannel in = FileChannel.open(file); SocketChannel socket = connect(port, in.size(), true)) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
        while (in.read(buffer) >= 0) {
          buffer.flip();
          while (buffer.hasRemaining()) {
            socket.write(buffer);
          }
          buffer.clear();
        }
        awaitReceipt(socket);
      }
    }
  }

  private static SocketChannel connect(int port, long bytes, boolean toFile) throws IOException {
    SocketChannel socket = SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    ByteBuffer header = ByteBuffer.allocate(Long.BYTES).putLong(toFile ? -bytes : bytes).flip();
    while (header.hasRemaining()) {
      socket.write(header);
    }
    return socket;
  }

  private static void awaitReceipt(SocketChannel socket) throws IOException {
    if (socket.read(ByteBuffer.allocate(1)) != 1) {
      throw new EOFException("the other side ended before it had everything");
    }
  }

  private void serve() {
    try {
      while (true) {
        try (SocketChannel socket = server.accept()) {
          receive(socket);
        }
      }
    } catch (IOException e) {
      if (server.isOpen()) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void receive(SocketChannel socket) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(Long.BYTES);
    while (header.hasRemaining() && socket.read(header) >= 0) {
      // Until all eight bytes are there.
    }
    long announced = header.flip().getLong();
    Path file = Files.createTempFile(directory, "plain-", null);
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
      long left = Math.abs(announced);
      while (left > 0 && socket.read(buffer) >= 0) {
        left -= buffer.flip().remaining();
        while (announced < 0 && buffer.hasRemaining()) {
          out.write(buffer);
        }
        buffer.clear();
      }
      socket.write(ByteBuffer.allocate(1));
    } finally {
      Files.delete(file);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
