package io.rlhf4j.checkpoint;

import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A directory of checkpoints, {@code step-000012} and so on.
 *
 * <p>A checkpoint is written beside the others, forced to disk, listed with a SHA-256 for each file, and only then
 * renamed to its place. Older ones are deleted after the new one has been read back. A process that dies at any moment
 * leaves at least the checkpoint that was there before.
 */
public final class CheckpointStore {

  private static final Pattern NAME = Pattern.compile("step-(\\d{6,})");

  private final Path root;
  private final int keep;

  /**
   * @param root directory of the checkpoints; need not exist
   * @param keep newest checkpoints that stay; 0 keeps all
   */
  public CheckpointStore(Path root, int keep) {
    this.root = root;
    this.keep = keep;
  }

  /**
   * Writes a checkpoint, or replaces the one of the same step.
   *
   * @param step steps that are finished
   * @param configHash one word about the configuration that it belongs to
   * @param writer fills the directory
   */
  public Checkpoint write(long step, String configHash, AtomicFiles.DirectoryWriter writer) {
    String name = String.format(Locale.ROOT, "step-%06d", step);
    Path target = root.resolve(name);
    Path temporary = root.resolve("." + name + ".tmp");
    try {
      AtomicFiles.deleteTree(temporary);
      Files.createDirectories(temporary);
      try {
        writer.write(temporary);
        Files.writeString(temporary.resolve(Manifest.NAME), Manifest.of(temporary, step, configHash));
        force(temporary);
        AtomicFiles.deleteTree(target);
        Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        forceEntry(root);
      } finally {
        AtomicFiles.deleteTree(temporary);
      }
      Checkpoint written = Manifest.verify(target);
      prune(step);
      return written;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the checkpoint " + target + " (" + e.getMessage() + ")", e);
    }
  }

  /**
   * The checkpoint of the highest step that is complete and undamaged.
   *
   * @param warnings told of each newer one that is not, in one line
   */
  public Optional<Checkpoint> newest(Consumer<String> warnings) {
    for (Path directory : newestFirst()) {
      try {
        return Optional.of(Manifest.verify(directory));
      } catch (IOException e) {
        warnings.accept("checkpoint " + directory + " cannot be used: " + e.getMessage());
      }
    }
    return Optional.empty();
  }

  /** Whether there is any checkpoint, good or bad. */
  public boolean isEmpty() {
    return newestFirst().isEmpty();
  }

  private List<Path> newestFirst() {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(root)) {
      return entries.filter(entry -> step(entry) >= 0)
          .sorted(Comparator.comparingLong(CheckpointStore::step).reversed())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + root, e);
    }
  }

  private static long step(Path directory) {
    Matcher matcher = NAME.matcher(directory.getFileName().toString());
    return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
  }

  /** Checkpoints of later steps are damaged ones that a resumed run has fallen back behind: they do not count. */
  private void prune(long newest) throws IOException {
    if (keep == 0) {
      return;
    }
    List<Path> good = newestFirst().stream().filter(directory -> step(directory) <= newest).toList();
    for (Path old : good.subList(Math.min(keep, good.size()), good.size())) {
      AtomicFiles.deleteTree(old);
    }
  }

  private static void force(Path directory) throws IOException {
    try (Stream<Path> entries = Files.walk(directory)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        forceEntry(entry);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** On Linux a directory can be forced like a file, which makes renames in it last. */
  private static void forceEntry(Path entry) throws IOException {
    try (FileChannel channel = FileChannel.open(entry, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
