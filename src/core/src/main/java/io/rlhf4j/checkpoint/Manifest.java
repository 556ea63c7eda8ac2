package io.rlhf4j.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The list of a directory's files, written last. Its own last line is the hash of the lines before, so damage to the
 * list shows as well as damage to a file.
 *
 * <pre>
 * rlhf4j checkpoint 1
 * step 12
 * config 9f86d0...
 * 2c26b4... 4096 actor/model.safetensors
 * end fcde2b...
 * </pre>
 */
final class Manifest {

  static final String NAME = "MANIFEST";

  private static final String FORMAT = "rlhf4j checkpoint 1";
  private static final int BUFFER_BYTES = 1 << 20;

  private Manifest() {}

  /** The text for what {@code directory} holds now. */
  static String of(Path directory, long step, String configHash) throws IOException {
    StringBuilder text = new StringBuilder(FORMAT).append("\nstep ").append(step).append("\nconfig ")
        .append(configHash).append('\n');
    for (String name : names(directory)) {
      Path file = directory.resolve(name);
      text.append(sha256(file)).append(' ').append(Files.size(file)).append(' ').append(name).append('\n');
    }
    String body = text.toString();
    return body + "end " + sha256(body) + "\n";
  }

  /**
   * Reads a checkpoint and compares every file with its hash.
   *
   * @throws IOException saying what is damaged or missing
   */
  static Checkpoint verify(Path directory) throws IOException {
    Path file = directory.resolve(NAME);
    if (!Files.isRegularFile(file)) {
      throw new IOException(NAME + " is missing");
    }
    // Not readString, which throws where a damaged byte is no UTF-8.
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    List<String> lines = text.lines().toList();
    if (lines.size() < 4 || !lines.getFirst().equals(FORMAT)) {
      throw new IOException(NAME + " is damaged or of another version");
    }
    String body = lines.subList(0, lines.size() - 1).stream().collect(Collectors.joining("\n", "", "\n"));
    if (!text.equals(body + "end " + sha256(body) + "\n")) {
      throw new IOException(NAME + " is damaged");
    }
    List<String> entries = lines.subList(3, lines.size() - 1);
    for (String entry : entries) {
      verify(directory, entry);
    }
    if (entries.size() != names(directory).size()) {
      throw new IOException("it holds files that " + NAME + " does not list");
    }
    return new Checkpoint(directory, Long.parseLong(value(lines.get(1))), value(lines.get(2)));
  }

  private static void verify(Path directory, String entry) throws IOException {
    String[] parts = entry.split(" ", 3);
    Path file = directory.resolve(parts[2]);
    if (!Files.isRegularFile(file)) {
      throw new IOException(parts[2] + " is missing");
    }
    if (Files.size(file) != Long.parseLong(parts[1])) {
      throw new IOException(parts[2] + " has " + Files.size(file) + " of " + parts[1] + " bytes");
    }
    if (!sha256(file).equals(parts[0])) {
      throw new IOException(parts[2] + " is damaged: its SHA-256 differs");
    }
  }

  private static String value(String line) {
    return line.substring(line.indexOf(' ') + 1);
  }

  /** Every file but the manifest itself, with '/' as separator, sorted. */
  static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      return files.filter(Files::isRegularFile).map(file -> directory.relativize(file).toString().replace('\\', '/'))
          .filter(name -> !name.equals(NAME)).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Hexadecimal SHA-256 of a file. */
  static String sha256(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String sha256(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JVM has SHA-256", e);
    }
  }
}
