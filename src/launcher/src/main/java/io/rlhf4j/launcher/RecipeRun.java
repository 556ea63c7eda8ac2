package io.rlhf4j.launcher;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.RunContext;
import io.rlhf4j.launcher.report.RunReport;
import io.rlhf4j.telemetry.RunDirectory;
import io.rlhf4j.telemetry.RunLease;
import java.util.function.Function;

/** A recipe's stages in their run directory. */
final class RecipeRun {

  private RecipeRun() {}

  /**
   * Runs the stages and marks the run as finished. Wrong input leaves the directory as it was before; what any other
   * failure leaves can be looked at.
   *
   * @param overwrite whether a finished run of the same name may be replaced
   */
  static <T> T execute(RecipeConfig recipe, boolean overwrite, Function<RunContext, T> stages) {
    return execute(recipe, overwrite, RunDirectory.Resume.NEVER, stages);
  }

  /** As the other, for stages that can go on from their checkpoints. */
  static <T> T execute(RecipeConfig recipe, boolean overwrite, RunDirectory.Resume resume,
      Function<RunContext, T> stages) {
    try (RunLease lease = RunLease.acquire(recipe.runDirectory(), Superseded::end)) {
      return execute(recipe, overwrite, resume, lease, stages);
    }
  }

  /** As the others, for a caller that has waited for the lease. */
  static <T> T execute(RecipeConfig recipe, boolean overwrite, RunDirectory.Resume resume, RunLease lease,
      Function<RunContext, T> stages) {
    RunContext context = RunContext.open(recipe, overwrite, resume, lease);
    try (context; RunLog log = RunLog.to(context.run().logFile())) {
      T result = stages.apply(context);
      lease.check();
      context.run().finish();
      RunReport.afterwards(context.run().root());
      return result;
    } catch (RuntimeException e) {
      // Whatever broke first: a process that was replaced has one thing to say.
      lease.check();
      if (Failure.isWrongInput(e) && !context.run().continued()) {
        context.run().discard();
      }
      throw e;
    }
  }
}
