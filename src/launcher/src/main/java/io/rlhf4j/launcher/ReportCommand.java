package io.rlhf4j.launcher;

import io.rlhf4j.launcher.report.RunReport;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlhf report}: a run on one page. */
@Command(name = "report", mixinStandardHelpOptions = true, description = {
    "Draws a run's curves, warnings and answers on one page, report.html, which needs no network.",
    "Runs of recipes and flywheels write it at their end; this command does at any time, also while a run goes on."})
final class ReportCommand implements Runnable {

  @Parameters(paramLabel = "RUN_DIR",
      description = "Directory of a run or a flywheel (run_dir/name of its recipe), or a model directory with metrics.")
  private Path run = Path.of("");

  @Option(names = "--output", paramLabel = "FILE",
      description = "Where to write the page; default RUN_DIR/report.html.")
  private @Nullable Path output;

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    Path page = output == null ? RunReport.write(run) : RunReport.write(run, output);
    spec.commandLine().getOut().println(page);
    spec.commandLine().getOut().flush();
  }
}
