package io.rlhf4j.launcher;

import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.PpoPipeline;
import io.rlhf4j.launcher.pipeline.PpoReport;
import io.rlhf4j.telemetry.RunLease;
import io.rlhf4j.train.StoppedEarly;
import java.io.PrintWriter;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf ppo}: the whole way from data to an aligned model. */
@Command(name = "ppo", mixinStandardHelpOptions = true, description = {
    "Runs SFT, the reward model and PPO, and shows what changed.",
    "With a cluster section in the recipe the four roles run on the nodes that join (see rlhf node),",
    "without one in this JVM."})
final class PpoCommand implements Runnable {

  @Mixin
  private RecipeOptions recipe = new RecipeOptions();

  @Option(names = "--overwrite", description = "Replace a finished run of the same name.")
  private boolean overwrite;

  @Mixin
  private ResumeOption resume = new ResumeOption();

  @Mixin
  private MetricsOptions metrics = new MetricsOptions();

  @Mixin
  private StandbyOption standby = new StandbyOption();

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    RecipeConfig loaded = recipe.load();
    PrintWriter out = spec.commandLine().getOut();
    Optional<PpoReport> finished;
    try (StopSignal signal = StopSignal.listen(); MetricsOptions.Open watched = metrics.start(out)) {
      finished = run(loaded, signal, out);
    }
    finished.ifPresent(report -> print(report, loaded, out));
  }

  private Optional<PpoReport> run(RecipeConfig loaded, StopSignal signal, PrintWriter out) {
    Optional<RunLease> lease = standby.lease(loaded, resume.policy(), out);
    if (lease.isEmpty()) {
      out.println("the run is finished: " + loaded.runDirectory());
      out.flush();
      return Optional.empty();
    }
    try (RunLease held = lease.get()) {
      return Optional.of(RecipeRun.execute(loaded, overwrite, resume.policy(), held, context -> {
        if (context.run().continued()) {
          out.println("going on with the unfinished run in " + loaded.runDirectory());
        }
        return PpoPipeline.run(context, line -> {
          out.println(line);
          out.flush();
        }, signal::onStop);
      }));
    } catch (StoppedEarly early) {
      out.println(early.getMessage());
      out.flush();
      return Optional.empty();
    }
  }

  private static void print(PpoReport report, RecipeConfig loaded, PrintWriter out) {
    out.println();
    out.println(report.samples());
    out.println(report.summary());
    out.println(report.health());
    out.println("models, metrics and samples: " + loaded.runDirectory());
    out.flush();
  }
}
