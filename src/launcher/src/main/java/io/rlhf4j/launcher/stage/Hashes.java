package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import io.rlhf4j.model.AdapterBase;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** SHA-256 of what a stage reads, in hexadecimal. */
public final class Hashes {

  private static final int BUFFER_BYTES = 1 << 20;

  private Hashes() {}

  public static String ofText(String text) {
    return HexFormat.of().formatHex(sha256().digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * Of a file's bytes, or of the names and bytes of the files of a model directory (weights, configuration and
   * tokenizer; nothing else in it matters to a model) and, if it holds adapters, of those of their model.
   *
   * @throws InputException if there is nothing to read
   */
  public static String of(Path path) {
    try {
      if (!Files.isDirectory(path)) {
        return ofFile(path);
      }
      StringBuilder names = new StringBuilder();
      for (Path directory : AdapterBase.chain(path)) {
        for (Path file : modelFiles(directory)) {
          names.append(file.getFileName()).append(' ').append(ofFile(file)).append('\n');
        }
      }
      if (names.isEmpty()) {
        throw InputException.in(path, "holds no model");
      }
      return ofText(names.toString());
    } catch (NoSuchFileException e) {
      throw InputException.in(path, "does not exist");
    } catch (IOException e) {
      throw InputException.in(path, "cannot be read (" + e + ")");
    }
  }

  private static List<Path> modelFiles(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(Files::isRegularFile).filter(file -> isModelFile(file.getFileName().toString())).sorted()
          .toList();
    }
  }

  private static boolean isModelFile(String name) {
    return !name.startsWith(".") && !name.equals(Provenance.FILE)
        && (name.endsWith(".safetensors") || name.endsWith(".json") || name.endsWith(".jinja"));
  }

  private static String ofFile(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BUFFER_BYTES];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
