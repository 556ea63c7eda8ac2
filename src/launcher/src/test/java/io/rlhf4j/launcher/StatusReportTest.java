package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.cluster.ClusterStatus;
import io.rlhf4j.cluster.HostedRole;
import io.rlhf4j.cluster.MemberLine;
import io.rlhf4j.cluster.NodeFacts;
import io.rlhf4j.cluster.RunFacts;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StatusReportTest {

  private static final MemberLine COORDINATOR = new MemberLine("10.0.0.1:2551", "up", true, List.of("coordinator"));
  private static final MemberLine ACTOR = new MemberLine("10.0.0.2:2551", "up", true, List.of("actor", "reference"));
  private static final MemberLine CRITIC = new MemberLine("10.0.0.3:2551", "up", false, List.of("critic"));

  @Test
  void aRunWithALostNode() {
    var run = new RunFacts("mine", "generating", 12, 40, 96, 128, List.of("actor", "critic"));
    var status = new ClusterStatus(List.of(COORDINATOR, ACTOR, CRITIC), List.of(
        new NodeFacts("10.0.0.1:2551", 7, List.of(), run),
        new NodeFacts("10.0.0.2:2551", 8, List.of(new HostedRole("actor", "10.0.0.2:4000", "cpu", "working"),
            new HostedRole("reference", "10.0.0.2:4001", "cpu", "ready")), null)),
        Map.of("critic", "its node 10.0.0.3:2551 is unreachable"));
    assertThat(StatusReport.text(status)).isEqualTo("""
        run mine: generating 96 of 128, step 12 of 40

                 node  state            role         device  serves at      does
        -------------  ---------------  -----------  ------  -------------  ---------------
        10.0.0.1:2551  up               coordinator                         generating
        10.0.0.2:2551  up               actor        cpu     10.0.0.2:4000  working
        10.0.0.2:2551  up               reference    cpu     10.0.0.2:4001  ready
        10.0.0.3:2551  up, unreachable  critic       ?       ?              does not answer
        missing: critic, its node 10.0.0.3:2551 is unreachable
        """);
  }

  @Test
  void nodesWithoutACoordinator() {
    var status = new ClusterStatus(List.of(ACTOR), List.of(new NodeFacts("10.0.0.2:2551", 8, List.of(), null)),
        Map.of());
    assertThat(StatusReport.text(status)).startsWith("no run: no coordinator answers").contains("starting");
  }
}
