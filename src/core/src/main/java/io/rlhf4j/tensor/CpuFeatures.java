package io.rlhf4j.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What the processor can do. */
public final class CpuFeatures {

  private static final Path FLAGS = Path.of("/proc/cpuinfo");

  private CpuFeatures() {}

  /**
   * Whether products of 8-bit numbers are summed in 32 bits. x86 processors without VNNI add pairs of them in 16 bits,
   * which overflow unless one factor stays within 7 bits.
   */
  public static boolean sumsBytesExactly() {
    String architecture = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
    boolean x86 = architecture.equals("amd64") || architecture.equals("x86_64");
    return !x86 || Flags.VNNI;
  }

  private static final class Flags {
    static final boolean VNNI = read().contains("avx512_vnni");

    private static String read() {
      try {
        return Files.isReadable(FLAGS) ? Files.readString(FLAGS) : "";
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + FLAGS, e);
      }
    }
  }
}
