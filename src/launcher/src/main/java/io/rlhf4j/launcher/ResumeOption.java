package io.rlhf4j.launcher;

import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.RunDirectory;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Whether an interrupted run is gone on with; use it as a picocli mixin. */
final class ResumeOption {

  @Option(names = "--resume", negatable = true, arity = "0",
      description = {"Go on with an interrupted run of the same recipe, or fail if there is none.",
          "--no-resume starts anew. Without either, a run goes on where it left checkpoints."})
  private @Nullable Boolean resume;

  @Option(names = "--fresh", description = "The same as --no-resume.")
  private boolean fresh;

  RunDirectory.Resume policy() {
    if (fresh && Boolean.TRUE.equals(resume)) {
      throw InputException.key("--fresh", "contradicts --resume");
    }
    if (fresh) {
      return RunDirectory.Resume.NEVER;
    }
    if (resume == null) {
      return RunDirectory.Resume.AUTO;
    }
    return resume ? RunDirectory.Resume.REQUIRED : RunDirectory.Resume.NEVER;
  }
}
