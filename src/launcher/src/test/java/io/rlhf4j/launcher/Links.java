package io.rlhf4j.launcher;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A network of machines on this computer that can be cut. Each machine has a name and an address of its own on the
 * loopback network. A JVM that was given the hosts file of one machine reaches the ports of another through a proxy
 * that carries the traffic of these two alone. A cut is silent, as that of a cable is: nothing arrives, no connection
 * breaks; what was on its way arrives when the cut is mended.
 */
final class Links implements AutoCloseable {

  private final Path directory;
  private final List<String> machines;
  private final Set<Set<String>> cuts = new HashSet<>();
  private final List<AutoCloseable> sockets = new CopyOnWriteArrayList<>();

  /** @param directory for the hosts files */
  Links(Path directory, String... machines) {
    this.directory = directory;
    this.machines = List.of(machines);
  }

  /** The JVM option that puts a process on that machine. */
  String option(String machine) throws IOException {
    List<String> lines = new ArrayList<>(List.of("127.0.0.1 localhost"));
    for (String other : machines) {
      lines.add((other.equals(machine) ? address(machine) : link(machine, other)) + " " + other);
    }
    return "-Djdk.net.hosts.file=" + Files.write(directory.resolve(machine + ".hosts"), lines);
  }

  private String address(String machine) {
    return "127.77.0." + number(machine);
  }

  /** Where one machine reaches another. */
  private String link(String from, String to) {
    return "127.77." + number(from) + "." + number(to);
  }

  private int number(String machine) {
    return machines.indexOf(machine) + 1;
  }

  /** From now on the other machines reach this port of a machine. */
  void open(String machine, int port) throws IOException {
    for (String from : machines) {
      if (!from.equals(machine)) {
        ServerSocket proxy = new ServerSocket(port, 50, InetAddress.getByName(link(from, machine)));
        sockets.add(proxy);
        Thread.ofVirtual().start(() -> serve(proxy, from, machine, port));
      }
    }
  }

  private void serve(ServerSocket proxy, String from, String to, int port) {
    try {
      while (true) {
        Socket caller = proxy.accept();
        sockets.add(caller);
        Thread.ofVirtual().start(() -> connect(caller, from, to, port));
      }
    } catch (IOException closed) {
      // The network is gone.
    }
  }

  private void connect(Socket caller, String from, String to, int port) {
    try {
      Socket called = new Socket();
      sockets.add(called);
      awaitLink(from, to);
      called.connect(new InetSocketAddress(address(to), port));
      Thread.ofVirtual().start(() -> carry(called, caller, from, to));
      carry(caller, called, from, to);
    } catch (IOException | InterruptedException refused) {
      close(caller);
    }
  }

  private void carry(Socket source, Socket target, String from, String to) {
    try {
      InputStream in = source.getInputStream();
      OutputStream out = target.getOutputStream();
      byte[] bytes = new byte[1 << 16];
      for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        awaitLink(from, to);
        out.write(bytes, 0, count);
      }
      awaitLink(from, to);
    } catch (IOException | InterruptedException broken) {
      // The other side has to notice.
    }
    close(source);
    close(target);
  }

  private synchronized void awaitLink(String one, String other) throws InterruptedException {
    while (cuts.contains(Set.of(one, other))) {
      wait();
    }
  }

  /** Nothing goes from one to the other, nor back. */
  synchronized void cut(String one, String other) {
    cuts.add(Set.of(one, other));
  }

  /** Everything goes everywhere. */
  synchronized void mend() {
    cuts.clear();
    notifyAll();
  }

  private static void close(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // Nobody needs it any more.
    }
  }

  @Override
  public void close() {
    mend();
    sockets.forEach(Links::close);
  }
}
