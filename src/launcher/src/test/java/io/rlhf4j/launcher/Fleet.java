package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** JVMs that are started as a user starts them: {@code rlhf node} for each role, {@code rlhf ppo} as coordinator. */
final class Fleet implements AutoCloseable {

  /** Other work may keep the machine busy; nothing is asserted about these times. */
  static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Path directory;
  private final Map<String, Process> processes = new LinkedHashMap<>();
  private final Map<String, Integer> ports = new LinkedHashMap<>();
  private final Map<String, Integer> debugPorts = new LinkedHashMap<>();
  private final Map<String, Integer> starts = new LinkedHashMap<>();

  /** @param directory for their logs */
  Fleet(Path directory) {
    this.directory = directory;
  }

  /** Starts a node with a role, under a name of its own, which joins whoever it finds. */
  Process node(String name, RoleName role) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("node", "--role", role.label(), "--port",
        String.valueOf(port(name)), "--wait", String.valueOf(PATIENCE.toSeconds())));
    for (String other : List.of("coordinator", "actor", "critic", "reward", "reference")) {
      if (!other.equals(name)) {
        arguments.addAll(List.of("--join", "127.0.0.1:" + port(other)));
      }
    }
    return start(name, arguments);
  }

  /** Starts {@code rlhf} with these arguments; the same name again means the same ports, and a log of its own. */
  Process start(String name, List<String> arguments) throws IOException {
    return start(name, List.of(), arguments);
  }

  /** Likewise, with options for the JVM. */
  Process start(String name, List<String> options, List<String> arguments) throws IOException {
    starts.merge(name, 1, Integer::sum);
    debugPorts.put(name, freePort());
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED",
        "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:" + debugPorts.get(name)));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log(name).toFile()).start();
    Process before = processes.put(name, process);
    assertThat(before == null || !before.isAlive()).as("%s is started once", name).isTrue();
    return process;
  }

  Process process(String name) {
    return processes.get(name);
  }

  /** The cluster's port of that name. */
  int port(String name) {
    return ports.computeIfAbsent(name, unused -> freePort());
  }

  Debugger debug(String name) throws Exception {
    return Debugger.attach(debugPorts.get(name));
  }

  void kill(String name) throws InterruptedException {
    processes.get(name).destroyForcibly().waitFor();
  }

  void signal(String signal, String name) throws IOException, InterruptedException {
    long id = processes.get(name).pid();
    assertThat(new ProcessBuilder("kill", "-" + signal, String.valueOf(id)).start().waitFor()).isZero();
  }

  /** What the latest process of that name has printed. */
  Path log(String name) {
    return directory.resolve(name + "-" + starts.get(name) + ".log");
  }

  /** Waits until a file says something. */
  void await(Path file, String text) {
    Awaitility.await(text).atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).ignoreExceptions()
        .until(() -> Files.readString(file).contains(text));
  }

  /** Waits for the end of a process and for its exit code. */
  void awaitExit(String name, int code) throws Exception {
    boolean ended = processes.get(name).waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    assertThat(ended ? processes.get(name).exitValue() : -1).as("%s", logs("exit of " + name)).isEqualTo(code);
  }

  /** Everything that the latest processes have printed. */
  String logs(String title) throws IOException {
    StringBuilder all = new StringBuilder(title);
    for (String each : processes.keySet()) {
      all.append("\n--- ").append(each).append('\n').append(Files.readString(log(each)));
    }
    return all.toString();
  }

  static List<String> with(List<String> arguments, String... more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(Arrays.asList(more));
    return all;
  }

  private static int freePort() {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    processes.values().forEach(Process::destroyForcibly);
  }
}
