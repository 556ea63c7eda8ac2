package io.rlhf4j.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * {@code checkpoint.json}: what a checkpoint consists of.
 *
 * @param step how far training had come
 * @param progress notes of the stage
 * @param files SHA-256 in hexadecimal of every file, by its path below the checkpoint's directory
 */
record CheckpointManifest(long step, ObjectNode progress, Map<String, String> files) {

  private static final String FILE = "checkpoint.json";
  private static final int FORMAT = 1;
  private static final int BUFFER_BYTES = 1 << 20;

  /** Describes the files of a directory, and forces them to disk. */
  static CheckpointManifest of(Path directory, long step, ObjectNode progress) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Path file : filesOf(directory)) {
      force(file);
      files.put(name(directory, file), sha256(file));
    }
    return new CheckpointManifest(step, progress, files);
  }

  void write(Path directory, ObjectMapper json) throws IOException {
    Path file = directory.resolve(FILE);
    Files.write(file, sealed(json));
    force(file);
    force(directory);
  }

  /** The whole file; its last field is the hash of the same file without that field. */
  private byte[] sealed(ObjectMapper json) throws IOException {
    ObjectNode root = json.createObjectNode().put("format", FORMAT).put("step", step);
    root.set("progress", progress);
    root.set("files", json.valueToTree(files));
    ObjectWriter writer = json.writerWithDefaultPrettyPrinter();
    root.put("sha256", sha256(new ByteArrayInputStream(writer.writeValueAsBytes(root))));
    return writer.writeValueAsBytes(root);
  }

  /** @throws IOException if there is no manifest, none of this format, or one with a single byte changed */
  static CheckpointManifest read(Path directory, ObjectMapper json) throws IOException {
    byte[] content = Files.readAllBytes(directory.resolve(FILE));
    JsonNode root = json.readTree(content);
    if (root.path("format").asInt() != FORMAT || !root.path("step").canConvertToLong()
        || !(root.path("progress") instanceof ObjectNode progress)) {
      throw new IOException(FILE + " is not a manifest of format " + FORMAT);
    }
    Map<String, String> files = new TreeMap<>();
    root.path("files").properties().forEach(field -> files.put(field.getKey(), field.getValue().asText()));
    CheckpointManifest manifest = new CheckpointManifest(root.get("step").asLong(), progress, files);
    if (!Arrays.equals(manifest.sealed(json), content)) {
      throw new IOException(FILE + " is damaged");
    }
    return manifest;
  }

  /** @throws IOException if a file is missing, changed, or not in the manifest */
  void verify(Path directory) throws IOException {
    Map<String, String> found = new TreeMap<>();
    for (Path file : filesOf(directory)) {
      if (!name(directory, file).equals(FILE)) {
        found.put(name(directory, file), sha256(file));
      }
    }
    if (!found.equals(files)) {
      throw new IOException("its files do not match the hashes in " + FILE);
    }
  }

  /** Waits until a file or a directory's entries are on disk. */
  static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static List<Path> filesOf(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static String name(Path directory, Path file) {
    return directory.relativize(file).toString().replace('\\', '/');
  }

  private static String sha256(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return sha256(in);
    }
  }

  private static String sha256(InputStream in) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
