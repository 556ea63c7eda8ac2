package io.rlhf4j.launcher;

import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A command in a process that may map so much more memory than it has mapped once libtorch is loaded: what
 * {@code ulimit -v} does, without what a JVM reserves and never uses.
 */
final class LimitedRun {

  private LimitedRun() {}

  /** @param args mebibytes, and the command */
  public static void main(String[] args) throws Exception {
    // picocli, the tokenizer and the kernels are loaded before the limit is drawn.
    Main.commandLine();
    try (MemoryScope ignored = MemoryScope.open()) {
      Kernels.tensor("clone", Tensor.of(new float[] {1}, 1));
    }
    long mapped = Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmSize:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst().orElseThrow();
    int done = new ProcessBuilder("prlimit", "--pid", String.valueOf(ProcessHandle.current().pid()),
        "--as=" + (mapped + (Long.parseLong(args[0]) << 20))).inheritIO().start().waitFor();
    if (done != 0) {
      throw new IllegalStateException("prlimit ended with " + done);
    }
    Main.main(Arrays.copyOfRange(args, 1, args.length));
  }
}
