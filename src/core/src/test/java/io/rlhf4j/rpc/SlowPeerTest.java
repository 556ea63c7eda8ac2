package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.proto.v1.CriticServiceGrpc;
import io.rlhf4j.proto.v1.SequencesRequest;
import io.rlhf4j.proto.v1.TokenValues;
import io.rlhf4j.rl.TokenSequence;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a peer that reads slowly, or not at all any more, costs: a bounded number of bytes, and time up to a deadline.
 */
class SlowPeerTest {

  /** One reply, 64 KiB. */
  private static final TokenValues REPLY =
      TokenValues.newBuilder().addAllValues(Collections.nCopies(1 << 14, 1f)).build();
  private static final int REPLIES = 2000;

  /** What may be on its way between two peers: the windows of HTTP/2 and what is written before they are full. */
  private static final long ON_ITS_WAY = 8L << 20;

  private static final Duration PATIENT = Duration.ofMinutes(2);
  private static final Duration IMPATIENT = Duration.ofSeconds(3);

  /** Sends the same reply as often as the first token says. */
  private static final class Role implements SocketCritic.Values {
    final AtomicInteger sent = new AtomicInteger();
    volatile Thread thread;

    @Override
    public void of(List<TokenSequence> sequences, Consumer<TokenValues> replies) {
      thread = Thread.currentThread();
      for (int i = 0; i < sequences.getFirst().tokens()[0]; i++) {
        replies.accept(REPLY);
        sent.incrementAndGet();
      }
    }

    @Override
    public void close() {}
  }

  @TempDir
  Path directory;

  private final Role role = new Role();
  private SocketCritic critic;
  private StallingLink link;

  @BeforeEach
  void start() throws IOException {
    critic = SocketCritic.start(directory, (received, settings) -> role);
    link = new StallingLink(critic.endpoint().port());
  }

  @AfterEach
  void stop() {
    link.close();
    critic.close();
  }

  @Test
  void aRoleWaitsForACallerThatDoesNotRead() {
    AtomicInteger read = new AtomicInteger();
    AtomicInteger furthest = new AtomicInteger();
    try (RoleClient client = client(critic.endpoint(), CallDeadlines.all(PATIENT))) {
      prepare(client);
      values(client, REPLIES, reply -> {
        if (read.incrementAndGet() == 3) {
          await().atMost(PATIENT).until(() -> waits(role.thread));
        }
        furthest.accumulateAndGet(role.sent.get() - read.get(), Math::max);
      });
    }
    assertThat(read).hasValue(REPLIES);
    assertThat((long) furthest.get() * REPLY.getSerializedSize()).isLessThan(ON_ITS_WAY);
  }

  /** The cable of one caller is cut while it reads; another one is served as soon as the role notices the deadline. */
  @Test
  void aCallThatStandsStillEndsAtItsDeadlineOnBothSides() throws Exception {
    CallDeadlines deadlines = new CallDeadlines(PATIENT, PATIENT, IMPATIENT, PATIENT, PATIENT);
    try (RoleClient cut = client(link.endpoint(RoleName.CRITIC), deadlines)) {
      prepare(cut);
      AtomicInteger read = new AtomicInteger();
      assertThatThrownBy(() -> values(cut, REPLIES, reply -> {
        if (read.incrementAndGet() == 3) {
          link.stall();
        }
      })).isInstanceOf(RoleException.class).hasMessage(link.endpoint(RoleName.CRITIC)
          + ": no complete answer within " + IMPATIENT.toSeconds() + " seconds");
      assertThat((long) (role.sent.get() - read.get()) * REPLY.getSerializedSize()).isLessThan(ON_ITS_WAY);
    }
    try (RoleClient other = client(critic.endpoint(), CallDeadlines.all(PATIENT))) {
      prepare(other);
      AtomicInteger read = new AtomicInteger();
      values(other, 5, reply -> read.incrementAndGet());
      assertThat(read).hasValue(5);
    }
  }

  /** A model of 64 MiB is read from its file only as fast as it goes away. */
  @Test
  void anUploadWaitsForAPeerThatDoesNotReadAndEndsAtItsDeadline() throws IOException {
    try (RandomAccessFile large = new RandomAccessFile(critic.model().resolve("model.safetensors").toFile(), "rw")) {
      large.setLength(64L << 20);
    }
    CallDeadlines deadlines = new CallDeadlines(IMPATIENT, PATIENT, PATIENT, PATIENT, PATIENT);
    link.stallAfter(1 << 20);
    try (RoleClient client = client(link.endpoint(RoleName.CRITIC), deadlines)) {
      assertThatThrownBy(() -> prepare(client)).isInstanceOf(RoleException.class)
          .hasMessage(link.endpoint(RoleName.CRITIC) + ": no complete answer within " + IMPATIENT.toSeconds()
              + " seconds");
    }
    assertThat(link.taken()).isLessThan(ON_ITS_WAY);
  }

  /** A process that hangs: the system still takes connections for it. */
  @Test
  void aPeerThatTakesTheConnectionAndSaysNothingIsLost() {
    link.stall();
    CallDeadlines deadlines = new CallDeadlines(IMPATIENT, PATIENT, PATIENT, PATIENT, PATIENT);
    try (RoleClient client = client(link.endpoint(RoleName.CRITIC), deadlines)) {
      assertThatThrownBy(() -> prepare(client)).isInstanceOfSatisfying(RoleException.class,
          lost -> assertThat(lost.isLost()).isTrue()).hasMessage(
              link.endpoint(RoleName.CRITIC)
                  + ": does not speak within " + IMPATIENT.toSeconds() + " seconds");
    }
  }

  /** As after a connection broke: no call waits for its deadline before it has a peer that speaks. */
  @Test
  void everyKindOfCallNoticesAPeerThatSaysNothing() {
    link.stall();
    CallDeadlines deadlines = CallDeadlines.all(IMPATIENT);
    String silent = link.endpoint(RoleName.CRITIC) + ": does not speak within " + IMPATIENT.toSeconds() + " seconds";
    try (RoleClient client = client(link.endpoint(RoleName.CRITIC), deadlines)) {
      assertThatThrownBy(() -> values(client, 1, reply -> {})).hasMessage(silent);
      assertThatThrownBy(() -> client.fetchModel(CriticServiceGrpc.getFetchModelMethod(), directory.resolve("got")))
          .hasMessage(silent);
    }
  }

  /** Sends its request and then nothing for as long as it likes. */
  @Test
  void aCallerThatDoesNotFinishItsRequestHoldsNobodyUp() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch served = new CountDownLatch(1);
    try (RoleClient client = client(critic.endpoint(), CallDeadlines.all(PATIENT));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      prepare(client);
      var slow = threads.submit(() -> client.call(CriticServiceGrpc.getValuesMethod(), header(), List.of(2),
          first -> {
            begun.countDown();
            awaitLatch(served);
            return Shapes.sequencesItem(SocketCritic.sequence(first));
          }, reply -> {}, PATIENT));
      awaitLatch(begun);
      values(client, 3, reply -> {});
      served.countDown();
      slow.get();
      assertThat(role.sent).hasValue(5);
    }
  }

  private static boolean waits(Thread thread) {
    return thread.getState() == Thread.State.WAITING && Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals(ReadyGate.class.getName()));
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void prepare(RoleClient client) {
    critic.prepare(client, "{}");
  }

  private static void values(RoleClient client, int replies, Consumer<TokenValues> reader) {
    client.call(CriticServiceGrpc.getValuesMethod(), header(), List.of(SocketCritic.sequence(replies)),
        Shapes::sequencesItem, reader, client.deadlines().score());
  }

  private static SequencesRequest header() {
    return Shapes.sequencesHeader(List.of(SocketCritic.sequence(1)));
  }

  private static RoleClient client(Endpoint endpoint, CallDeadlines deadlines) {
    return new RoleClient(endpoint, "hash", deadlines, RpcLimits.DEFAULT);
  }
}
