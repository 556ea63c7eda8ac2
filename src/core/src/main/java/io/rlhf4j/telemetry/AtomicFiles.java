package io.rlhf4j.telemetry;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.CopyOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/** Files and directories that are there completely or not at all: written beside their place, then renamed. */
public final class AtomicFiles {

  private AtomicFiles() {}

  /** Writes the files of a directory. */
  @FunctionalInterface
  public interface DirectoryWriter {

    /** @param directory empty, to be filled */
    void write(Path directory) throws IOException;
  }

  /** Writes or replaces a text file. */
  public static void writeText(Path target, String text) throws IOException {
    Path temporary = beside(target);
    try {
      Files.writeString(temporary, text);
      move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  /** Writes or replaces a directory. If the writer fails, what was there before stays. */
  public static void writeDirectory(Path target, DirectoryWriter writer) throws IOException {
    Path temporary = beside(target);
    deleteTree(temporary);
    Files.createDirectories(temporary);
    try {
      writer.write(temporary);
      // A directory cannot be renamed over a full one, so for a moment there is none.
      deleteTree(target);
      move(temporary, target);
    } finally {
      deleteTree(temporary);
    }
  }

  /** Deletes a directory with everything in it, if it is there. Links are deleted, not followed. */
  public static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(root, new SimpleFileVisitor<>() {
      @Override
      public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
        Files.delete(file);
        return FileVisitResult.CONTINUE;
      }

      @Override
      public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure) throws IOException {
        if (failure != null) {
          throw failure;
        }
        Files.delete(directory);
        return FileVisitResult.CONTINUE;
      }
    });
  }

  private static Path beside(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".tmp");
  }

  static void move(Path from, Path to, CopyOption... options) throws IOException {
    try {
      Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(from, to, options);
    }
  }
}
