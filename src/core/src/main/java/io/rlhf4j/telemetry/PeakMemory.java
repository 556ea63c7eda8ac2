package io.rlhf4j.telemetry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * The largest resident memory of this process, native tensors and Java heap together, as the operating system counts
 * it. Known on Linux; elsewhere there is no measurement.
 */
public final class PeakMemory {

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Path CLEAR = Path.of("/proc/self/clear_refs");

  private PeakMemory() {}

  /** Largest resident memory since the last {@link #restart}, bytes; empty if the system does not say. */
  public static OptionalLong bytes() {
    return status("VmHWM:");
  }

  /** Resident memory now, bytes; empty if the system does not say. */
  public static OptionalLong residentBytes() {
    return status("VmRSS:");
  }

  /** Begins a new measurement at what is resident now. Where that is not possible the old peak stays. */
  public static void restart() {
    try {
      if (Files.isWritable(CLEAR)) {
        Files.writeString(CLEAR, "5");
      }
    } catch (IOException e) {
      // Some containers forbid it; then the peak is that of the whole process.
    }
  }

  private static OptionalLong status(String name) {
    if (!Files.isReadable(STATUS)) {
      return OptionalLong.empty();
    }
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines.filter(line -> line.startsWith(name)).mapToLong(line -> kibibytes(line) << 10).findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private static long kibibytes(String line) {
    return Long.parseLong(line.replaceAll("[^0-9]", ""));
  }
}
