package io.rlhf4j.launcher;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.telemetry.RunDirectory;
import io.rlhf4j.telemetry.RunLease;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether a process waits for the run instead of being refused; use it as a picocli mixin. */
final class StandbyOption {

  /** Signs of life come every second; a machine that swaps may be late by several. */
  private static final String PATIENCE_SECONDS = "20";

  @Option(names = "--standby", arity = "0..1", fallbackValue = PATIENCE_SECONDS, paramLabel = "SECONDS",
      description = {
          "While another process works on this run, wait; go on with it when that one dies, or shows no sign",
          "of life for SECONDS (" + PATIENCE_SECONDS + "). Any number of processes may stand by; one of them works."})
  private @Nullable Integer patienceSeconds;

  /**
   * The lease of the recipe's run directory.
   *
   * @return empty if the run was finished while this process stood by
   * @throws InputException if another process works on the run and this one does not stand by
   */
  Optional<RunLease> lease(RecipeConfig recipe, RunDirectory.Resume resume, PrintWriter out) {
    if (patienceSeconds == null) {
      return Optional.of(RunLease.acquire(recipe.runDirectory(), Superseded::end));
    }
    if (patienceSeconds < 3) {
      throw InputException.key("--standby", "is " + patienceSeconds + ", must be at least 3 seconds");
    }
    if (resume == RunDirectory.Resume.NEVER) {
      throw InputException.key("--standby", "contradicts --fresh: it goes on with what another process began");
    }
    try {
      return RunLease.await(recipe.runDirectory(), Duration.ofSeconds(patienceSeconds), Superseded::end, holder -> {
        out.println("standing by: " + holder + " works on " + recipe.runDirectory());
        out.flush();
      });
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while standing by", e);
    }
  }
}
