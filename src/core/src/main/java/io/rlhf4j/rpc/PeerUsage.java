package io.rlhf4j.rpc;

import io.grpc.Metadata;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the processes of a run spend, as far as this one knows: every answer of a role says in its trailers how much
 * processor time its process has used, and how much of that inside kernels.
 */
public final class PeerUsage {

  private static final Metadata.Key<String> USAGE = Metadata.Key.of("rlhf4j-usage", Metadata.ASCII_STRING_MARSHALLER);

  /** One entry an address that this process called; what a peer says cannot add more. */
  private static final Map<Endpoint, ProcessUsage> LATEST = new ConcurrentHashMap<>();

  private PeerUsage() {}

  /** Of this process and of those that its calls reached, each as of its latest answer. */
  public static ProcessUsage total() {
    return sum(ProcessUsage.own(), LATEST.values());
  }

  /** A process with several roles, and one that calls itself, counts once. */
  static ProcessUsage sum(ProcessUsage own, Collection<ProcessUsage> others) {
    Map<String, ProcessUsage> processes = new HashMap<>();
    others.forEach(usage -> processes.merge(usage.process(), usage, (a, b) -> a.cpuNanos() > b.cpuNanos() ? a : b));
    processes.put(own.process(), own);
    return new ProcessUsage(own.process(), processes.values().stream().mapToLong(ProcessUsage::cpuNanos).sum(),
        processes.values().stream().mapToLong(ProcessUsage::kernelNanos).sum());
  }

  /** For servers: says in every answer what this process has used. */
  static CallEnds telling() {
    return new CallEnds((method, status, trailers, took) -> {
      ProcessUsage own = ProcessUsage.own();
      trailers.put(USAGE, own.process() + " " + own.cpuNanos() + " " + own.kernelNanos());
    });
  }

  /** For clients: remembers what the peer at that address says. */
  static CallEnds hearing(Endpoint endpoint) {
    return new CallEnds((method, status, trailers, took) -> hear(endpoint, trailers.get(USAGE)));
  }

  /** Whether a process at that address has said what it used. */
  static boolean hasHeard(Endpoint endpoint) {
    return LATEST.containsKey(endpoint);
  }

  private static void hear(Endpoint endpoint, @Nullable String said) {
    if (said != null && said.matches("[0-9a-f-]{36}( \\d{1,18}){2}")) {
      String[] words = said.split(" ");
      LATEST.put(endpoint, new ProcessUsage(words[0], Long.parseLong(words[1]), Long.parseLong(words[2])));
    }
  }
}
