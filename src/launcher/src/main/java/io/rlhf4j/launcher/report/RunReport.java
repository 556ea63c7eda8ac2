package io.rlhf4j.launcher.report;

import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.AtomicFiles;
import java.io.IOException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes {@code report.html} of a run. */
public final class RunReport {

  /** Name of the page in a run's directory. */
  public static final String FILE = "report.html";

  private static final Logger LOG = LoggerFactory.getLogger(RunReport.class);

  private RunReport() {}

  /**
   * Reads a run's directory and writes its page there.
   *
   * @return the page
   * @throws InputException if the directory holds nothing to report
   */
  public static Path write(Path run) {
    return write(run, run.resolve(FILE));
  }

  /** The same to another file. */
  public static Path write(Path run, Path target) {
    String page = ReportPage.of(RunFiles.read(run));
    try {
      AtomicFiles.writeText(target, page);
      return target;
    } catch (IOException e) {
      throw new InputException(target + ": cannot be written (" + e.getMessage() + ")", e);
    }
  }

  /** The same at the end of a run, whose results count without the page as well: a failure is a warning. */
  public static void afterwards(Path run) {
    try {
      write(run);
    } catch (RuntimeException e) {
      LOG.warn("{}: no {}: {}", run, FILE, e.toString());
    }
  }
}
