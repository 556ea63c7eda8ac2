package io.rlhf4j.launcher.bench.stream;

import com.sun.management.OperatingSystemMXBean;
import io.rlhf4j.critic.rpc.CriticRpcService;
import io.rlhf4j.critic.rpc.RemoteCritic;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.Endpoint;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RpcLimits;
import io.rlhf4j.rpc.RpcServer;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.PeakMemory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Main class of the two JVMs that exchange a model.
 *
 * <p>{@code receive DIRECTORY} hosts a role, prints its port and that of a plain socket, prints its CPU seconds and
 * peak resident bytes for every line of input, and ends at its end. {@code send DIRECTORY ROLE_PORT PLAIN_PORT}
 * sends and fetches the files of {@code DIRECTORY/model}: one way for each line of input ({@link Way}), answered by the
 * seconds it took, the CPU seconds of this process so far, and its peak resident bytes.
 */
public final class StreamPeer {

  /** How the bytes travel. */
  enum Way {
    /** A socket, from memory to memory. */
    SOCKET_MEMORY,
    /** A socket, from files to files. */
    SOCKET_FILES,
    /** The call that hands a role its model. */
    PREPARE,
    /** The call that fetches a role's model. */
    FETCH
  }

  private StreamPeer() {}

  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[1]);
    if (arguments[0].equals("receive")) {
      receive(directory);
    } else {
      send(directory, Integer.parseInt(arguments[2]), Integer.parseInt(arguments[3]));
    }
  }

  private static void receive(Path directory) throws IOException {
    Path work = Files.createDirectories(directory.resolve("received"));
    try (PlainSocket socket = new PlainSocket(work);
        RoleServer role = CriticRpcService.start((model, settings) -> new StoredCritic(model),
            RoleBinding.loopback(work))) {
      System.out.println(role.endpoint().port() + " " + socket.port());
      BufferedReader input = input();
      while (input.readLine() != null) {
        System.out.println(resources());
      }
    }
  }

  private static void send(Path directory, int rolePort, int plainPort) throws IOException {
    Path model = directory.resolve("model");
    Path fetched = directory.resolve("fetched");
    List<Path> files = files(model);
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    Endpoint endpoint = new Endpoint(RoleName.CRITIC, RpcServer.LOOPBACK, rolePort);
    try (RemoteCritic role =
        new RemoteCritic(new RoleClient(endpoint, "stream", CallDeadlines.DEFAULT, RpcLimits.DEFAULT))) {
      BufferedReader input = input();
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        long start = System.nanoTime();
        switch (Way.valueOf(line)) {
          case SOCKET_MEMORY -> PlainSocket.sendMemory(plainPort, bytes);
          case SOCKET_FILES -> PlainSocket.sendFiles(plainPort, files);
          case PREPARE -> role.prepare(model, "{}");
          case FETCH -> role.save(fetched);
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        System.out.println(String.format(Locale.ROOT, "%.6f %s", seconds, resources()));
        AtomicFiles.deleteTree(fetched);
      }
    }
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> listed = Files.list(directory)) {
      return listed.sorted().toList();
    }
  }

  private static BufferedReader input() {
    return new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  }

  /** CPU seconds of this process and the most memory it held, bytes; 0 where the system does not say. */
  private static String resources() {
    var system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    return String.format(Locale.ROOT, "%.3f %d", system.getProcessCpuTime() * 1e-9, PeakMemory.bytes().orElse(0));
  }
}
