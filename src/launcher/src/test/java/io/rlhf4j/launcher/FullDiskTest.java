package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A flywheel that cannot write on: the kernel refuses bytes beyond a limit, as it does on a full disk. With
 * {@code -Drlhf4j.full-disk=DIRECTORY} on a file system of its own the test fills that one instead, down to the room
 * given by {@code -Drlhf4j.room=KILOBYTES,...}, and frees it again.
 */
@Tag("process")
@DisabledOnOs(OS.WINDOWS)
class FullDiskTest {

  /**
   * Kibibytes: between the archive of the kernels and the weights of the model (first stage), and between these and the
   * optimiser's moments.
   */
  private static final List<String> LIMITS = List.of("116", "200");

  @TempDir
  private Path directory;

  @Test
  void whatCannotBeWrittenIsOneLineAndTheSameCommandGoesOn() throws Exception {
    String disk = System.getProperty("rlhf4j.full-disk");
    Path place = disk == null ? directory : Path.of(disk);
    TinyFlywheel wheel = new TinyFlywheel(TinyRun.in(directory), directory);
    String runs = "run_dir=" + place.resolve("runs");
    TinyRun.Result straight = wheel.run("straight");
    assertThat(straight.code()).as(straight.err()).isZero();

    List<String> rooms = disk == null ? LIMITS : List.of(System.getProperty("rlhf4j.room").split(","));
    for (String room : rooms) {
      List<String> command = wheel.arguments("full");
      command.addAll(List.of("-o", runs));
      Path filler = place.resolve("filler");
      if (disk != null) {
        fill(filler, Long.parseLong(room) << 10);
      }
      Path output = directory.resolve("output-" + room);
      int code = run(disk == null ? room : "unlimited", command, output);
      Files.deleteIfExists(filler);
      String said = Files.readString(output);
      assertThat(code).as(said).isEqualTo(2);
      assertThat(said.lines().filter(line -> line.startsWith("rlhf: "))).as(said).singleElement().asString()
          .startsWith("rlhf: the disk is full: ").contains("/runs/full/")
          .endsWith("; make room and give the same command again");
      System.out.println(room + " KiB: " + said.lines().filter(line -> line.startsWith("rlhf: ")).findFirst());
    }

    List<String> again = wheel.arguments("full");
    again.addAll(List.of("-o", runs));
    TinyRun.Result resumed = TinyRun.execute(again);
    assertThat(resumed.code()).as(resumed.err()).isZero();
    TreeMap<String, Path> expected = TinyFlywheel.files(wheel.tiny().root("straight"));
    TreeMap<String, Path> actual = TinyFlywheel.files(place.resolve("runs/full"));
    TinyFlywheel.assertSame(actual, expected);
  }

  private int run(String limit, List<String> arguments, Path output) throws Exception {
    List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -f " + limit + " && exec \"$@\"", "rlhf",
        Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
        Main.class.getName()));
    command.addAll(arguments);
    Process child = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
    try {
      assertThat(child.waitFor(Fleet.PATIENCE.toSeconds(), TimeUnit.SECONDS)).as(Files.readString(output)).isTrue();
      return child.exitValue();
    } finally {
      child.destroyForcibly();
    }
  }

  /** Leaves so many bytes of the file system. */
  private static void fill(Path filler, long left) throws IOException {
    long size = Files.getFileStore(filler.getParent()).getUsableSpace() - left;
    byte[] part = new byte[1 << 10];
    Arrays.fill(part, (byte) 1);
    try (var out = Files.newOutputStream(filler)) {
      for (long written = 0; written < size; written += part.length) {
        out.write(part);
      }
    }
  }
}
