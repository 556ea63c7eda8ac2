package io.rlhf4j.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checkpoints of one stage, each a directory {@code step-N} with any files and a manifest {@code checkpoint.json} that
 * holds the step, the stage's own notes and the SHA-256 of every file.
 *
 * <p>A checkpoint is written beside its place, forced to disk and renamed, and only then are older ones deleted: a
 * process that dies at any moment leaves at least the newest complete one. What does not match its manifest is passed
 * over with a warning, and the one before it is used. It knows nothing of what it stores; a stage with several models
 * writes them all into one checkpoint, so that they always belong together. One thread at a time.
 *
 * <pre>{@code
 * CheckpointStore store = new CheckpointStore(run.checkpoints().resolve("reward"), 2);
 * store.write(step, notes, directory -> optimizer.save(directory.resolve("optimizer.safetensors")));
 * store.latest().ifPresent(checkpoint -> optimizer.load(checkpoint.file("optimizer.safetensors")));
 * }</pre>
 */
public final class CheckpointStore {

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointStore.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "step-";
  /** Behind all steps whose names are in the order of their numbers. */
  private static final long END = 999_999_999_999L;

  private final Path directory;
  private final int keep;

  /**
   * @param directory where the checkpoints lie; made when the first is written
   * @param keep how many of the newest stay, at least 1
   */
  public CheckpointStore(Path directory, int keep) {
    if (keep < 1) {
      throw new IllegalArgumentException("keep is " + keep + ", must be at least 1");
    }
    this.directory = directory;
    this.keep = keep;
  }

  /**
   * Writes a checkpoint, reads it back, and then deletes those that are too old.
   *
   * @param progress the stage's notes; a JSON object of numbers and texts
   * @param files writes the files into an empty directory
   */
  public Checkpoint write(long step, ObjectNode progress, AtomicFiles.DirectoryWriter files) {
    Path target = at(step);
    try {
      Files.createDirectories(directory);
      AtomicFiles.writeDirectory(target, temporary -> {
        files.write(temporary);
        CheckpointManifest.of(temporary, step, progress).write(temporary, JSON);
      });
      CheckpointManifest.force(directory);
      CheckpointManifest.read(target, JSON).verify(target);
      prune(target);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the checkpoint " + target, e);
    }
    return new Checkpoint(target, step, progress);
  }

  private Path at(long step) {
    return directory.resolve("%s%012d".formatted(PREFIX, step));
  }

  /** Later ones than the newest are damaged ones that a resumed stage has fallen back behind: they do not count. */
  private void prune(Path newest) throws IOException {
    List<Path> good =
        newestFirst().stream().filter(candidate -> candidate.toString().compareTo(newest.toString()) <= 0).toList();
    for (Path old : good.subList(Math.min(keep, good.size()), good.size())) {
      AtomicFiles.deleteTree(old);
    }
  }

  /** The newest checkpoint whose files are all there and unchanged. */
  public Optional<Checkpoint> latest() {
    return newestBefore(END, 1).stream().findFirst();
  }

  /**
   * Checkpoints whose files are all there and unchanged, the newest first.
   *
   * @param step all are of an earlier one
   * @param most how many are looked for
   */
  public List<Checkpoint> newestBefore(long step, int most) {
    try {
      // By name first: to verify one is to hash all of it.
      return newestFirst().stream().filter(candidate -> candidate.compareTo(at(step)) < 0)
          .flatMap(candidate -> verified(candidate).stream()).limit(most).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the checkpoints in " + directory, e);
    }
  }

  /** Whether there is anything that looks like a checkpoint; nothing is verified. */
  public boolean isEmpty() {
    try {
      return newestFirst().isEmpty();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the checkpoints in " + directory, e);
    }
  }

  /** Deletes all checkpoints, for a stage that is done. */
  public void clear() {
    try {
      AtomicFiles.deleteTree(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete the checkpoints in " + directory, e);
    }
  }

  private static Optional<Checkpoint> verified(Path candidate) {
    try {
      CheckpointManifest manifest = CheckpointManifest.read(candidate, JSON);
      manifest.verify(candidate);
      return Optional.of(new Checkpoint(candidate, manifest.step(), manifest.progress()));
    } catch (IOException e) {
      LOG.warn("{}: is not usable ({}), an older checkpoint is tried", candidate,
          e.getMessage().lines().findFirst().orElse(""));
      return Optional.empty();
    }
  }

  private List<Path> newestFirst() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(entry -> entry.getFileName().toString().startsWith(PREFIX))
          .sorted(Comparator.comparing(Path::toString).reversed()).toList();
    }
  }
}
