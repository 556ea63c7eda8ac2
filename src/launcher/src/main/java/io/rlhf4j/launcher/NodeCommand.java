package io.rlhf4j.launcher;

import io.rlhf4j.cluster.ClusterNode;
import io.rlhf4j.config.ClusterConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.launcher.pipeline.Roles;
import io.rlhf4j.launcher.ppo.RoleNode;
import io.rlhf4j.rpc.RoleName;
import io.rlhf4j.tensor.Compute;
import io.rlhf4j.tensor.Device;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code rlhf node}: a JVM that hosts roles of a PPO run started elsewhere. */
@Command(name = "node", mixinStandardHelpOptions = true, sortOptions = false, description = {
    "Hosts one role, or several, of a run in a JVM of its own, until it is stopped.",
    "The model comes over the wire from the coordinator: rlhf ppo or rlhf flywheel with a cluster section in the recipe."})
final class NodeCommand implements Runnable {

  @Option(names = {"--role", "--roles"}, required = true, split = ",", paramLabel = "ROLE",
      description = "actor, critic, reward or reference; several with commas share this JVM, as actor,reference.")
  private List<String> roles = List.of();

  @Option(names = "--join", required = true, paramLabel = "HOST:PORT", description = {
      "Node to join, usually the coordinator: its cluster.host and cluster.port. May start before it.",
      "May be repeated; one that answers is enough."})
  private List<String> join = List.of();

  @Option(names = "--host", paramLabel = "HOST", defaultValue = "127.0.0.1",
      description = "Address of this node that the others can reach. Default: ${DEFAULT-VALUE}, this machine only.")
  private String host = "";

  @Option(names = "--port", paramLabel = "PORT", defaultValue = "0",
      description = "Cluster port of this node; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(names = "--wait", paramLabel = "SECONDS", description = {
      "How long to wait for a node to join. Default: until one is there.",
      "A coordinator listens when the stages before PPO are done."})
  private @Nullable Integer waitSeconds;

  @Option(names = "--threads", paramLabel = "N", description = {
      "CPU threads to compute with; 0 takes all cores. Default: threads of the recipe.",
      "Another number than in a run on one machine changes results in their last digits."})
  private @Nullable Integer threads;

  @Option(names = "--device", paramLabel = "DEVICE", description = {
      "What this node's roles compute on: cpu, cuda (the first GPU) or cuda:N. Default: devices of the recipe."})
  private @Nullable String device;

  @Mixin
  private MetricsOptions metrics = new MetricsOptions();

  @Mixin
  private SecurityOptions security = new SecurityOptions();

  @Spec
  private CommandSpec spec;

  @Override
  public void run() {
    Set<RoleName> named = named(roles);
    if (threads != null && threads < 0) {
      throw InputException.key("--threads", "is " + threads + ", must not be negative");
    }
    Device own = device == null ? null : Device.named("--device", device);
    int wait = waitSeconds == null ? Integer.MAX_VALUE : waitSeconds;
    ClusterConfig cluster = new ClusterConfig(host, port, join, wait).with(security.config());
    PrintWriter out = spec.commandLine().getOut();
    CountDownLatch givenUp = new CountDownLatch(1);
    try (StopSignal signal = StopSignal.listen(); MetricsOptions.Open watched = metrics.start(out)) {
      signal.onStop(givenUp::countDown);
      if (ClusterNode.awaitListening(cluster, givenUp, line -> say(out, line))) {
        serve(named, own, cluster, out);
      }
    }
  }

  private void serve(Set<RoleName> named, @Nullable Device own, ClusterConfig cluster, PrintWriter out) {
    RoleNode.run(named, Roles.factories((role, recipe) -> {
      shareCores(recipe);
      (own == null ? Roles.device(role, recipe) : own).use();
    }), cluster, workDirectory(named), own == null ? "-" : own.toString(), (node, server) -> {
      say(out, named.stream().map(RoleName::label).collect(Collectors.joining(" and ")) + " node " + node
          + " serves " + String.join(", ", server) + ", joining " + String.join(", ", join));
    });
  }

  private static void say(PrintWriter out, String line) {
    out.println(line);
    out.flush();
  }

  /** The same number of threads as in a run on one machine gives the same numbers. */
  private void shareCores(RecipeConfig recipe) {
    Compute.configure(threads == null ? recipe.threads() : threads, 1);
  }

  private static Set<RoleName> named(List<String> labels) {
    Set<RoleName> named = EnumSet.noneOf(RoleName.class);
    for (String label : labels) {
      RoleName role = Arrays.stream(RoleName.values()).filter(known -> known.label().equals(label.strip())).findFirst()
          .orElseThrow(() -> InputException.key("--role", "is " + label + ", must be one of "
              + Arrays.stream(RoleName.values()).map(RoleName::label).collect(Collectors.joining(", "))));
      if (!named.add(role)) {
        throw InputException.key("--role", "names the " + role.label() + " twice");
      }
    }
    return named;
  }

  /** Received models live here only while the node runs. */
  private static Path workDirectory(Set<RoleName> roles) {
    try {
      return Files.createTempDirectory(
          "rlhf4j-" + roles.stream().map(RoleName::label).collect(Collectors.joining("-")));
    } catch (IOException e) {
      throw new InputException("the temporary folder cannot be written (" + e.getMessage() + ")", e);
    }
  }
}
