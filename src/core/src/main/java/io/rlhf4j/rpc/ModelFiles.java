package io.rlhf4j.rpc;

import com.google.protobuf.ByteString;
import io.rlhf4j.config.InputException;
import io.rlhf4j.proto.v1.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** What a model directory holds. */
final class ModelFiles {

  /** Size of a full chunk, the most a message carries. */
  static final int CHUNK_BYTES = 512 << 10;

  private ModelFiles() {}

  /** All regular files below {@code directory}, sorted by name, with their checksums. */
  static List<ModelFile> in(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw InputException.in(directory, "is not a directory, must be a Hugging Face model directory");
    }
    try (Stream<Path> paths = Files.walk(directory, FileVisitOption.FOLLOW_LINKS)) {
      List<ModelFile> files = paths.filter(Files::isRegularFile).map(path -> file(directory, path))
          .sorted((a, b) -> a.getName().compareTo(b.getName())).toList();
      if (files.isEmpty()) {
        throw InputException.in(directory, "is empty, must be a Hugging Face model directory");
      }
      return files;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ModelFile file(Path directory, Path path) {
    MessageDigest digest = sha256();
    long[] size = {0};
    read(path, buffer -> {
      digest.update(buffer);
      size[0] += buffer.length;
    });
    String name = directory.relativize(path).toString().replace('\\', '/');
    return ModelFile.newBuilder().setName(name).setSizeBytes(size[0]).setSha256(ByteString.copyFrom(digest.digest()))
        .build();
  }

  private static void read(Path path, Consumer<byte[]> sink) {
    try (InputStream in = Files.newInputStream(path)) {
      for (byte[] buffer = in.readNBytes(CHUNK_BYTES); buffer.length > 0; buffer = in.readNBytes(CHUNK_BYTES)) {
        sink.accept(buffer);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": " + e.getMessage(), e);
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JVM has SHA-256", e);
    }
  }
}
