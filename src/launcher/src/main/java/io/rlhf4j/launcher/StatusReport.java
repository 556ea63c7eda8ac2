package io.rlhf4j.launcher;

import io.rlhf4j.cluster.ClusterStatus;
import io.rlhf4j.cluster.HostedRole;
import io.rlhf4j.cluster.MemberLine;
import io.rlhf4j.cluster.NodeFacts;
import io.rlhf4j.cluster.RunFacts;
import io.rlhf4j.telemetry.TextTable;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The state of a cluster as a table. */
final class StatusReport {

  private StatusReport() {}

  static String text(ClusterStatus status) {
    Map<String, NodeFacts> nodes =
        status.nodes().stream().collect(Collectors.toMap(NodeFacts::address, Function.identity(), (a, b) -> a));
    var table = new TextTable("node", "state", "role", "device", "serves at", "does");
    for (MemberLine member : status.members()) {
      rows(member, nodes.get(member.address()), table);
    }
    var text = new StringBuilder();
    RunFacts run = status.run();
    text.append(run == null ? "no run: no coordinator answers" : line(run)).append("\n\n").append(table);
    status.missing().forEach((role, why) -> text.append("missing: ").append(role).append(", ").append(why)
        .append('\n'));
    return text.toString();
  }

  private static String line(RunFacts run) {
    String step = run.step() > 0 ? ", step " + run.step() + " of " + run.iterations() : "";
    return "run " + run.run() + ": " + run.phase() + done(run) + step;
  }

  private static String done(RunFacts run) {
    return run.total() > 0 ? " " + run.done() + " of " + run.total() : "";
  }

  private static void rows(MemberLine member, NodeFacts node, TextTable table) {
    String state = member.reachable() ? member.state() : member.state() + ", unreachable";
    if (node == null) {
      table.row(member.address(), state, String.join(", ", member.roles()), "?", "?", "does not answer");
      return;
    }
    RunFacts run = node.run();
    if (run != null) {
      table.row(member.address(), state, "coordinator", "", "", run.phase());
    }
    List<HostedRole> roles = node.roles();
    for (HostedRole role : roles) {
      table.row(member.address(), state, role.role(), role.device(), role.endpoint(), role.state());
    }
    if (run == null && roles.isEmpty()) {
      table.row(member.address(), state, String.join(", ", member.roles()), "", "", "starting");
    }
  }
}
