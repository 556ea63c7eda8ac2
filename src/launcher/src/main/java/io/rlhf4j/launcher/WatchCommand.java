package io.rlhf4j.launcher;

import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.report.WatchServer;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlhf watch}: a run in the browser. */
@Command(name = "watch", mixinStandardHelpOptions = true, description = {
    "Shows a run in the browser while it goes on: curves, warnings, and all answers that it kept, to be searched and "
        + "sorted.",
    "Reads the run's files only: it may be started and stopped at any time, on any machine that sees them."})
final class WatchCommand implements Callable<Integer> {

  @Parameters(paramLabel = "RUN_DIR",
      description = "Directory of a run or a flywheel (run_dir/name of its recipe), or a model directory with metrics.")
  private Path run = Path.of("");

  @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1", description = {
      "Address to listen on. Default: ${DEFAULT-VALUE}, this machine only.",
      "There is no encryption and no password: put a proxy in front before others can reach it."})
  private String host = "";

  @Option(names = "--port", paramLabel = "PORT", defaultValue = "6007",
      description = "0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Spec
  private CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (port < 0 || port > 65535) {
      throw InputException.key("--port", "is " + port + ", must be between 0 and 65535");
    }
    try (WatchServer server = WatchServer.start(run, host, port)) {
      PrintWriter out = spec.commandLine().getOut();
      out.println(run + " is shown at http://" + host + ":" + server.port() + "/ until Ctrl-C");
      out.flush();
      // Ctrl-C and SIGTERM end the process; there is nothing to save.
      new CountDownLatch(1).await();
    }
    return 0;
  }
}
