package io.rlhf4j.launcher.bench.stream;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import io.rlhf4j.config.ByteSize;
import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.bench.stream.StreamPeer.Way;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf bench stream}: weights between two JVMs. */
@Command(name = "stream", mixinStandardHelpOptions = true,
    description = "Sends a model from one JVM to another and back, exactly as PPO does, in turn with plain sockets.")
public final class StreamCommand implements Runnable {

  private static final ObjectMapper JSON =
      new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
  private static final Pattern HEAP = Pattern.compile("\\d{1,6}[mMgG]");
  private static final long FILE_BYTES = 500_000_000;
  private static final int BLOCK = 1 << 20;

  @Option(names = "--size", defaultValue = "2GB", description = "Bytes each time, as 500MB or 2GB "
      + "(default: ${DEFAULT-VALUE}).")
  private String size = "2GB";

  @Option(names = "--heap", defaultValue = "256m",
      description = "Heap of each of the two JVMs, as -Xmx has it (default: ${DEFAULT-VALUE}).")
  private String heap = "256m";

  @Option(names = "--rounds", defaultValue = "5",
      description = "Rounds that count, after one that does not (default: ${DEFAULT-VALUE}).")
  private int rounds = 5;

  @Option(names = "--directory", description = "Where the files lie, about three times the size "
      + "(default: the system's folder for temporary files).")
  private @Nullable Path directory;

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean asJson;

  @Spec
  private CommandSpec spec;

  /** Made by the command line. */
  public StreamCommand() {}

  @Override
  public void run() {
    long bytes = ByteSize.parse("--size", size);
    if (!HEAP.matcher(heap).matches()) {
      throw new InputException("--heap: is " + heap + ", must be a number and m or g, such as 256m");
    }
    if (rounds < 1) {
      throw new InputException("--rounds: is " + rounds + ", must be at least 1");
    }
    try {
      Path work = directory == null ? Files.createTempDirectory("rlhf-stream-")
          : Files.createTempDirectory(Files.createDirectories(directory), "rlhf-stream-");
      try {
        write(Files.createDirectory(work.resolve("model")), bytes);
        print(measure(work, bytes));
      } finally {
        AtomicFiles.deleteTree(work);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Files of random bytes, as a model in shards. */
  private static void write(Path model, long bytes) throws IOException {
    byte[] block = new byte[BLOCK];
    new Random(17).nextBytes(block);
    long left = bytes;
    for (int file = 0; left > 0; file++) {
      Path path = model.resolve(String.format(Locale.ROOT, "model-%05d.safetensors", file));
      try (OutputStream out = Files.newOutputStream(path)) {
        long end = Math.max(0, left - FILE_BYTES);
        while (left > end) {
          // No two blocks are alike, so that one in the place of another would be noticed.
          ByteBuffer.wrap(block).putLong(0, left);
          int next = (int) Math.min(BLOCK, left - end);
          out.write(block, 0, next);
          left -= next;
        }
      }
    }
  }

  private StreamReport measure(Path work, long bytes) throws IOException {
    try (PeerProcess receiver = PeerProcess.start(heap, "receive", work.toString())) {
      String[] ports = receiver.next();
      try (PeerProcess sender = PeerProcess.start(heap, "send", work.toString(), ports[0], ports[1])) {
        Map<Way, double[]> seconds = new EnumMap<>(Way.class);
        Map<Way, double[]> cpu = new EnumMap<>(Way.class);
        for (Way way : Way.values()) {
          seconds.put(way, new double[rounds]);
          cpu.put(way, new double[rounds]);
        }
        String[] sent = {};
        String[] received = receiver.ask("");
        for (int round = -1; round < rounds; round++) {
          for (Way way : Way.values()) {
            double before = cpu(sent, 1) + cpu(received, 0);
            sent = sender.ask(way.name());
            received = receiver.ask("");
            if (round >= 0) {
              seconds.get(way)[round] = Double.parseDouble(sent[0]);
              cpu.get(way)[round] = cpu(sent, 1) + cpu(received, 0) - before;
            }
          }
        }
        return new StreamReport(bytes, heap, Runtime.getRuntime().availableProcessors(),
            Long.parseLong(sent[2]), Long.parseLong(received[1]),
            Arrays.stream(Way.values()).map(way -> row(way, bytes, seconds, cpu)).toList());
      }
    }
  }

  private static double cpu(String[] answer, int at) {
    return answer.length == 0 ? 0 : Double.parseDouble(answer[at]);
  }

  private StreamReport.Row row(Way way, long bytes, Map<Way, double[]> seconds, Map<Way, double[]> cpu) {
    double[] rates = Arrays.stream(seconds.get(way)).map(time -> bytes / time).toArray();
    double[] shares = new double[rounds];
    for (int round = 0; round < rounds; round++) {
      shares[round] = seconds.get(Way.SOCKET_FILES)[round] / seconds.get(way)[round];
    }
    return new StreamReport.Row(label(way), rounds, median(rates), Arrays.stream(rates).min().orElseThrow(),
        Arrays.stream(rates).max().orElseThrow(), median(shares), median(cpu.get(way)) * 1e9 / bytes);
  }

  private static String label(Way way) {
    return switch (way) {
      case SOCKET_MEMORY -> "socket, memory to memory";
      case SOCKET_FILES -> "socket, files to files";
      case PREPARE -> "Prepare, model to a role";
      case FETCH -> "FetchModel, model from a role";
    };
  }

  private static double median(double[] values) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  private void print(StreamReport report) {
    try {
      spec.commandLine().getOut().println(asJson ? JSON.writeValueAsString(report) : report.toText());
      spec.commandLine().getOut().flush();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the report cannot be written as JSON", e);
    }
  }
}
