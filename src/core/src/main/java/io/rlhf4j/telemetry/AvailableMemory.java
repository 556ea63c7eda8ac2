package io.rlhf4j.telemetry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * Memory that this process may still take: what the system has, or less where a control group (a container) limits it.
 * Known on Linux; elsewhere there is no measurement.
 */
public final class AvailableMemory {

  private final Path root;

  private AvailableMemory(Path root) {
    this.root = root;
  }

  /** Bytes; empty if the system does not say. Memory that holds cached files counts as available. */
  public static OptionalLong bytes() {
    return new AvailableMemory(Path.of("/")).measure();
  }

  /** @param root stands in for {@code /} */
  static OptionalLong bytes(Path root) {
    return new AvailableMemory(root).measure();
  }

  private OptionalLong measure() {
    OptionalLong system = number(root.resolve("proc/meminfo"), "MemAvailable:");
    if (system.isEmpty()) {
      return system;
    }
    long least = system.getAsLong() << 10;
    for (String line : lines(root.resolve("proc/self/cgroup"))) {
      String[] parts = line.split(":", 3);
      if (parts.length == 3 && parts[1].isEmpty()) {
        least = Math.min(least, limited("sys/fs/cgroup", parts[2], "memory.max", "memory.current"));
      } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
        least = Math.min(least,
            limited("sys/fs/cgroup/memory", parts[2], "memory.limit_in_bytes", "memory.usage_in_bytes"));
      }
    }
    return OptionalLong.of(Math.max(0, least));
  }

  /** The least that a group and those around it leave; inside a container its own group is the outermost. */
  private long limited(String hierarchy, String group, String limit, String usage) {
    Path top = root.resolve(hierarchy);
    Path directory = top.resolve(group.substring(1)).normalize();
    long least = Long.MAX_VALUE;
    for (Path at = directory.startsWith(top) ? directory : top; at != null && at.startsWith(top); at = at.getParent()) {
      OptionalLong most = number(at.resolve(limit), "");
      OptionalLong used = number(at.resolve(usage), "");
      if (most.isPresent() && used.isPresent()) {
        long cached = number(at.resolve("memory.stat"), "inactive_file ").orElse(0);
        least = Math.min(least, most.getAsLong() - used.getAsLong() + cached);
      }
    }
    return least;
  }

  /** The number of the first line that begins so; empty for other words, such as {@code max}. */
  private static OptionalLong number(Path file, String beginning) {
    return lines(file).stream().filter(line -> line.startsWith(beginning))
        .map(line -> line.substring(beginning.length()).replace("kB", "").strip())
        .filter(text -> text.matches("\\d{1,18}")).mapToLong(Long::parseLong).findFirst();
  }

  private static List<String> lines(Path file) {
    if (!Files.isReadable(file)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.toList();
    } catch (IOException e) {
      return List.of();
    }
  }
}
