package io.rlhf4j.rpc;

import io.rlhf4j.config.InputException;
import io.rlhf4j.proto.v1.ModelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What a model directory holds. */
final class ModelFiles {

  /** Size of a full chunk, the most a message carries. */
  static final int CHUNK_BYTES = 512 << 10;

  private ModelFiles() {}

  /** All regular files below {@code directory}, sorted by name, with their sizes. */
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
    try {
      String name = directory.relativize(path).toString().replace('\\', '/');
      return ModelFile.newBuilder().setName(name).setSizeBytes(Files.size(path)).build();
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": " + e.getMessage(), e);
    }
  }
}
