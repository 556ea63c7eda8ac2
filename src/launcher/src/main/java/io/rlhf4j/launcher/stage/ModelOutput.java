package io.rlhf4j.launcher.stage;

import io.rlhf4j.telemetry.AtomicFiles;
import io.rlhf4j.telemetry.MetricsLog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/** A model directory that appears with its metrics and provenance once training is over, and not before. */
public final class ModelOutput {

  private ModelOutput() {}

  /** Trains and saves. */
  @FunctionalInterface
  public interface Training {

    /** @param directory empty, to be filled with the model and its tokenizer */
    void run(Path directory, MetricsLog metrics) throws IOException;
  }

  /**
   * Writes the directory unless it is there with the same provenance.
   *
   * @param overwrite whether something else in its place may be replaced
   * @return whether anything was done
   * @throws io.rlhf4j.config.InputException if something else is in its place
   */
  public static boolean write(Path target, Provenance provenance, boolean overwrite, Training training) {
    if (!overwrite && provenance.isDone(target)) {
      return false;
    }
    try {
      AtomicFiles.writeDirectory(target, directory -> {
        try (MetricsLog metrics = MetricsLog.repeatable(directory.resolve("metrics.jsonl"))) {
          training.run(directory, metrics);
        }
        provenance.write(directory.resolve(Provenance.FILE));
      });
      return true;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + target, e);
    }
  }
}
