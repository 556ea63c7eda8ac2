package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.SaveConfig;
import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.train.StageCheckpoints;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A model directory that appears with its metrics and provenance once training is over, and not before. Until then
 * checkpoints and metrics are kept beside it, in {@code .NAME.work}; they are used again by a training with the same
 * provenance and deleted by one with another.
 */
public final class ModelOutput {

  private static final String METRICS = "metrics.jsonl";

  private ModelOutput() {}

  /** Trains and saves. */
  @FunctionalInterface
  public interface Training {

    /**
     * @param directory empty, to be filled with the model and its tokenizer
     * @param checkpoints from which training goes on
     */
    void run(Path directory, MetricsLog metrics, StageCheckpoints checkpoints) throws IOException;
  }

  /**
   * Writes the directory unless it is there with the same provenance.
   *
   * @param overwrite whether something else in its place may be replaced
   * @param saving how often checkpoints are written
   * @return whether anything was done
   * @throws InputException if something else is in its place, or it cannot be written
   */
  public static boolean write(Path target, Provenance provenance, boolean overwrite, SaveConfig saving,
      Training training) {
    try {
      if (!overwrite && provenance.isDone(target)) {
        // Still there if the process died just after the directory was complete.
        AtomicFiles.deleteTree(workOf(target));
        return false;
      }
      Path work = work(target, provenance);
      StageCheckpoints checkpoints =
          StageCheckpoints.in(work.resolve("checkpoints"), saving, Hashes.ofText(provenance.identity()));
      Path metricsFile = work.resolve(METRICS);
      if (checkpoints.isEmpty()) {
        Files.deleteIfExists(metricsFile);
      }
      AtomicFiles.writeDirectory(target, directory -> {
        try (MetricsLog metrics = MetricsLog.repeatable(metricsFile)) {
          training.run(directory, metrics, checkpoints);
        }
        Files.copy(metricsFile, directory.resolve(METRICS));
        provenance.write(directory.resolve(Provenance.FILE));
      });
      AtomicFiles.deleteTree(work);
      return true;
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** The directory of what is kept until training is over, empty unless it belongs to the same training. */
  private static Path work(Path target, Provenance provenance) throws IOException {
    Path work = workOf(target);
    Path file = work.resolve(Provenance.FILE);
    if (!Provenance.read(file).map(provenance::isSame).orElse(false)) {
      AtomicFiles.deleteTree(work);
      Files.createDirectories(work);
      provenance.write(file);
    }
    return work;
  }

  private static Path workOf(Path target) {
    return target.resolveSibling("." + target.getFileName() + ".work");
  }
}
