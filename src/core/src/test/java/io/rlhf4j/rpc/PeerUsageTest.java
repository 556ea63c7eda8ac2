package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PeerUsageTest {

  private static final ProcessUsage OWN = new ProcessUsage("own", 100, 40);

  @Test
  void processesAreAddedUp() {
    assertThat(PeerUsage.sum(OWN, List.of())).isEqualTo(OWN);
    assertThat(PeerUsage.sum(OWN, List.of(new ProcessUsage("a", 10, 9), new ProcessUsage("b", 20, 11))))
        .isEqualTo(new ProcessUsage("own", 130, 60));
  }

  @Test
  void aProcessWithTwoRolesCountsOnceAsOfItsLatestAnswer() {
    assertThat(PeerUsage.sum(OWN, List.of(new ProcessUsage("a", 10, 9), new ProcessUsage("a", 30, 25))))
        .isEqualTo(new ProcessUsage("own", 130, 65));
  }

  /** Roles in the coordinator's own JVM answer its calls over a socket as all others do. */
  @Test
  void aProcessThatCallsItselfCountsOnce() {
    assertThat(PeerUsage.sum(OWN, List.of(new ProcessUsage("own", 90, 39), new ProcessUsage("a", 10, 9))))
        .isEqualTo(new ProcessUsage("own", 110, 49));
  }
}
