package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.rlhf4j.config.InputException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class StatusesTest {

  private static final Endpoint CRITIC = new Endpoint(RoleName.CRITIC, "127.0.0.1", 4711);

  @Test
  void wrongInputStaysWrongInput() {
    assertThat(thereAndBack(new InputException("config.json: no such key"))).isInstanceOf(InputException.class)
        .hasMessage("critic at 127.0.0.1:4711: config.json: no such key");
  }

  @Test
  void everyMessageIsOneLine() {
    assertThat(thereAndBack(new UnsupportedOperationException("first\n  second\r\nthird\n")))
        .isInstanceOf(RoleException.class)
        .hasMessage("critic at 127.0.0.1:4711: UnsupportedOperationException: first; second; third");
  }

  @Test
  void longMessagesAreCutToFitAHeader() {
    assertThat(thereAndBack(new IllegalStateException("x".repeat(100_000))).getMessage()).hasSizeLessThan(1100)
        .endsWith("...");
  }

  @Test
  void aDeadPeerAndALatePeerReadDifferently() {
    assertThat(Statuses.toException(CRITIC, Status.UNAVAILABLE.withDescription("io exception"), Duration.ofSeconds(9)))
        .hasMessage("critic at 127.0.0.1:4711: not reachable (io exception)");
    assertThat(Statuses.toException(CRITIC, Status.DEADLINE_EXCEEDED, Duration.ofSeconds(9)))
        .isInstanceOfSatisfying(RoleException.class, late -> assertThat(late.isLost()).isTrue())
        .hasMessage("critic at 127.0.0.1:4711: no complete answer within 9 seconds");
  }

  @Test
  void aConnectionThatBreaksWhileWritingIsADeadPeer() {
    Status broken = Status.UNKNOWN.withDescription("channel closed").withCause(new ClosedChannelException());
    assertThat(Statuses.toException(CRITIC, broken, Duration.ofSeconds(9))).isInstanceOfSatisfying(RoleException.class,
        lost -> assertThat(lost.isLost()).isTrue());
    assertThat(Statuses.toException(CRITIC, Status.UNKNOWN, Duration.ofSeconds(9))).isInstanceOfSatisfying(
        RoleException.class, failed -> assertThat(failed.isLost()).isFalse());
  }

  private static RuntimeException thereAndBack(Throwable failure) {
    return Statuses.toException(CRITIC, Statuses.of(failure), Duration.ofSeconds(1));
  }
}
