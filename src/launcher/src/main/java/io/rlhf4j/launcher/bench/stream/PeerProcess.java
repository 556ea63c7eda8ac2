package io.rlhf4j.launcher.bench.stream;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One of the two JVMs: takes lines and answers each with one. */
final class PeerProcess implements AutoCloseable {

  private final Process process;
  private final BufferedReader output;
  private final Writer input;

  private PeerProcess(Process process) {
    this.process = process;
    this.output = process.inputReader(StandardCharsets.UTF_8);
    this.input = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** With the JDK and the classes of this process, so much heap, and the compiler that the launcher gives to nodes. */
  static PeerProcess start(String heap, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx" + heap, "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED"));
    if (Runtime.version().feature() >= 24) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), StreamPeer.class.getName()));
    command.addAll(List.of(arguments));
    return new PeerProcess(new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** @throws IllegalStateException if the process ended instead */
  String[] next() throws IOException {
    String line = output.readLine();
    if (line == null) {
      throw new IllegalStateException("a process of the measurement ended early, see its message above");
    }
    return line.split(" ");
  }

  String[] ask(String line) throws IOException {
    input.write(line + "\n");
    input.flush();
    return next();
  }

  @Override
  public void close() {
    try {
      input.close();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
