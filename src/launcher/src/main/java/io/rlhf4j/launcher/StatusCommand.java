package io.rlhf4j.launcher;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.cluster.ClusterStatus;
import io.rlhf4j.cluster.RunFacts;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.RunDirectory;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code rlhf status}: who is there, what they do, and who is missing. */
@Command(name = "status", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Shows the members of a run's cluster with their roles, devices and addresses, its phase and step,",
    "and the roles that are still missing. Asks any node; joins nothing and changes nothing."})
final class StatusCommand implements Runnable {

  @Parameters(arity = "0..1", paramLabel = "RUN",
      description = "Directory of a run under way, for example runs/quickstart; it knows whom to ask.")
  private @Nullable Path run;

  @Option(names = "--join", paramLabel = "HOST:PORT", description = {
      "Cluster port of any node, for example the coordinator's. May be repeated; the first that listens is asked."})
  private List<String> join = new ArrayList<>();

  @Option(names = "--host", paramLabel = "HOST", defaultValue = "", description = {
      "Address of this machine at which the nodes answer.",
      "Default: the one by which the node that is asked is reached."})
  private String host = "";

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Mixin
  private SecurityOptions security = new SecurityOptions();

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    if ((run == null) == join.isEmpty()) {
      throw new InputException("status: give either the directory of a run or --join HOST:PORT");
    }
    List<String> seeds = run == null ? join : List.of(RunDirectory.announced(run));
    ClusterStatus status = ask(new ClusterConfig("127.0.0.1", 0, seeds, 5).with(security.config()));
    PrintWriter out = spec.commandLine().getOut();
    out.print(json ? json(status) : StatusReport.text(status));
    out.flush();
  }

  private ClusterStatus ask(ClusterConfig cluster) {
    try (RunLog.Silence quiet = RunLog.silence("akka")) {
      return ClusterStatus.ask(cluster, host);
    } catch (InputException e) {
      throw run == null ? e : InputException.in(run, "the run is not under way: " + e.getMessage());
    }
  }

  private static String json(ClusterStatus status) {
    Map<String, Object> all = new LinkedHashMap<>();
    RunFacts facts = status.run();
    all.put("run", facts);
    all.put("missing", status.missing());
    all.put("members", status.members());
    all.put("nodes", status.nodes());
    try {
      return new ObjectMapper().writeValueAsString(all) + System.lineSeparator();
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("records of strings and numbers can always be written", e);
    }
  }
}
