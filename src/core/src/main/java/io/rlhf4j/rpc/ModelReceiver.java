package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.ModelChunk;
import io.rlhf4j.proto.v1.ModelFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the chunks of a model directory into a temporary directory and renames it when every checksum holds, so that
 * the target exists complete or not at all. One thread at a time.
 */
final class ModelReceiver implements AutoCloseable {

  private final Path target;
  private final Path temporary;
  private final List<ModelFile> files;
  private final FileCheck check = new FileCheck();
  private @Nullable FileChannel out;
  private int current = -1;
  private long offset;

  /**
   * @param target directory to create, in place of what a killed process left there
   * @throws IllegalArgumentException if a name leaves the directory or the files are too many or too large
   */
  ModelReceiver(Path target, List<ModelFile> files, RpcLimits limits) throws IOException {
    check(files, limits);
    this.target = target;
    this.files = List.copyOf(files);
    Path parent = target.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    this.temporary = Files.createTempDirectory(parent, target.getFileName() + ".part-");
  }

  private static void check(List<ModelFile> files, RpcLimits limits) {
    if (files.isEmpty() || files.size() > limits.modelFiles()) {
      throw new IllegalArgumentException("model has " + files.size() + " files, must be 1 to " + limits.modelFiles());
    }
    long total = 0;
    Set<String> names = new HashSet<>();
    for (ModelFile file : files) {
      checkName(file.getName());
      if (!names.add(file.getName())) {
        throw new IllegalArgumentException("model file " + file.getName() + " is listed twice");
      }
      if (file.getSizeBytes() < 0 || file.getSizeBytes() > limits.modelBytes() - total) {
        throw new IllegalArgumentException("model is larger than " + limits.modelBytes() + " bytes");
      }
      total += file.getSizeBytes();
    }
  }

  private static void checkName(String name) {
    boolean safe = !name.isEmpty() && name.chars().noneMatch(c -> c == '\\' || c == ':' || c < ' ');
    for (String part : name.split("/", -1)) {
      safe &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
    }
    if (!safe) {
      throw new IllegalArgumentException(
          "model file name \"" + Statuses.oneLine(name) + "\" must be a plain relative path inside the directory");
    }
  }

  /** @param borrowed content of the chunk, if that is not in it */
  void accept(ModelChunk chunk, List<ByteBuffer> borrowed) throws IOException {
    while (current < chunk.getFile() && (current < 0 || isComplete())) {
      next();
    }
    List<ByteBuffer> parts = Borrowed.content(chunk, borrowed);
    int size = parts.stream().mapToInt(ByteBuffer::remaining).sum();
    boolean fits = out != null && chunk.getFile() == current && chunk.getOffset() == offset && size > 0
        && size <= ModelFiles.CHUNK_BYTES && size <= files.get(current).getSizeBytes() - offset;
    if (!fits || out == null) {
      throw new IllegalArgumentException("model chunk for file " + chunk.getFile() + " at byte " + chunk.getOffset()
          + " with " + size + " bytes does not follow byte " + offset + " of file " + current);
    }
    check.beginChunk();
    parts.forEach(check::update);
    if (check.chunk() != chunk.getCrc32C() || check.file() != chunk.getFileCrc32()) {
      throw new IllegalArgumentException(
          "model file " + files.get(current).getName() + " arrived damaged: a checksum of "
              + size + " bytes from byte " + offset + " differs");
    }
    ByteBuffer[] unwritten = parts.toArray(ByteBuffer[]::new);
    for (long left = size; left > 0;) {
      left -= out.write(unwritten);
    }
    offset += size;
  }

  /** Checks that everything has arrived and moves it to the target. */
  void finish() throws IOException {
    while (current < files.size() - 1 && (current < 0 || isComplete())) {
      next();
    }
    closeFile();
    // A process that was killed may have left one of the same name.
    Directories.delete(target);
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  private boolean isComplete() {
    return offset == files.get(current).getSizeBytes();
  }

  private void next() throws IOException {
    closeFile();
    current++;
    if (current >= files.size()) {
      throw new IllegalArgumentException("model chunk for file " + current + " but there are " + files.size());
    }
    Path file = temporary.resolve(files.get(current).getName());
    Files.createDirectories(file.getParent());
    out = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    check.begin();
    offset = 0;
  }

  private void closeFile() throws IOException {
    if (out == null) {
      return;
    }
    out.close();
    out = null;
    ModelFile file = files.get(current);
    if (!isComplete()) {
      throw new IllegalArgumentException(
          "model file " + file.getName() + " was cut short: " + offset + " of " + file.getSizeBytes() + " bytes");
    }
  }

  /** Deletes whatever was not finished. */
  @Override
  public void close() {
    try {
      if (out != null) {
        out.close();
        out = null;
      }
      Directories.delete(temporary);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
