package io.rlhf4j.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {

  @TempDir
  private Path root;

  @Test
  void withoutALimitItIsThatOfTheSystem() throws IOException {
    write("proc/meminfo", "MemTotal:  8000 kB\nMemFree:  100 kB\nMemAvailable:  3000 kB\n");
    assertThat(AvailableMemory.bytes(root)).hasValue(3000 << 10);

    write("proc/self/cgroup", "0::/user.slice/mine\n");
    write("sys/fs/cgroup/user.slice/mine/memory.max", "max\n");
    write("sys/fs/cgroup/user.slice/mine/memory.current", "1000\n");
    assertThat(AvailableMemory.bytes(root)).hasValue(3000 << 10);
  }

  @Test
  void aGroupAroundTheOwnMayLeaveLess() throws IOException {
    write("proc/meminfo", "MemAvailable:  3000 kB\n");
    write("proc/self/cgroup", "0::/outer/inner\n");
    write("sys/fs/cgroup/outer/inner/memory.max", "900000\n");
    write("sys/fs/cgroup/outer/inner/memory.current", "100000\n");
    assertThat(AvailableMemory.bytes(root)).hasValue(800_000);

    write("sys/fs/cgroup/outer/memory.max", "600000\n");
    write("sys/fs/cgroup/outer/memory.current", "300000\n");
    write("sys/fs/cgroup/outer/memory.stat", "anon 1\ninactive_file 50000\n");
    assertThat(AvailableMemory.bytes(root)).hasValue(350_000);
  }

  /** In a container the group is named as the host sees it, and its files lie at the top. */
  @Test
  void theFirstVersionOfControlGroupsIsRead() throws IOException {
    write("proc/meminfo", "MemAvailable:  3000 kB\n");
    write("proc/self/cgroup", "9:cpu,cpuacct:/docker/abc\n5:memory:/docker/abc\n");
    write("sys/fs/cgroup/memory/memory.limit_in_bytes", "500000\n");
    write("sys/fs/cgroup/memory/memory.usage_in_bytes", "200000\n");
    assertThat(AvailableMemory.bytes(root)).hasValue(300_000);
  }

  @Test
  void whereNothingIsSaidNothingIsKnown() {
    assertThat(AvailableMemory.bytes(root)).isEmpty();
  }

  private void write(String name, String text) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
