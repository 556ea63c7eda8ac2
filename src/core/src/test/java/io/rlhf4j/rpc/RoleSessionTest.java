package io.rlhf4j.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.config.InputException;
import io.rlhf4j.proto.v1.CriticServiceGrpc;
import io.rlhf4j.proto.v1.ModelFile;
import io.rlhf4j.proto.v1.PrepareHeader;
import io.rlhf4j.proto.v1.PrepareRequest;
import io.rlhf4j.proto.v1.SequencesRequest;
import io.rlhf4j.proto.v1.TokenValues;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.trust.NodeTrust;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One service over real sockets; the four role services share everything that is tested here. */
class RoleSessionTest {

  /** Values a sequence by its first token and remembers what happened to it. */
  private static final class Valuer implements SocketCritic.Values {
    final CountDownLatch hold = new CountDownLatch(1);
    final AtomicInteger running = new AtomicInteger();
    final AtomicInteger mostRunning = new AtomicInteger();
    volatile boolean closed;

    @Override
    public void of(List<TokenSequence> sequences, Consumer<TokenValues> replies) {
      sequences.forEach(one -> replies.accept(TokenValues.newBuilder().addValues(value(one)).build()));
    }

    private float value(TokenSequence sequence) {
      mostRunning.accumulateAndGet(running.incrementAndGet(), Math::max);
      try {
        if (sequence.tokens()[0] == 99) {
          hold.await();
        }
        return sequence.tokens()[0] / 2f;
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      } finally {
        running.decrementAndGet();
      }
    }

    @Override
    public void close() {
      closed = true;
    }
  }

  @TempDir
  Path directory;

  private final Valuer valuer = new Valuer();
  private SocketCritic critic;

  @BeforeEach
  void start() throws IOException {
    critic = SocketCritic.start(directory, this::create);
  }

  private SocketCritic.Values create(Path modelDirectory, String settings) {
    if (settings.contains("bad")) {
      throw new InputException("settings: bad is not a setting");
    }
    assertThat(modelDirectory.resolve("config.json")).hasContent(SocketCritic.CONFIG);
    return valuer;
  }

  @AfterEach
  void stop() throws IOException {
    valuer.hold.countDown();
    critic.close();
    try (var left = Files.list(Files.createDirectories(directory.resolve("work")))) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void valuesComeBackInOrder() {
    try (RoleClient client = client("hash", Duration.ofMinutes(2))) {
      prepare(client, "{}");
      List<TokenSequence> many = IntStream.range(100, 1100).mapToObj(SocketCritic::sequence).toList();
      assertThat(values(client, many)).hasSize(1000).startsWith(50f, 50.5f).endsWith(549.5f);
      assertThat(values(client, List.of())).isEmpty();
    }
    critic.close();
    assertThat(valuer.closed).isTrue();
  }

  @Test
  void aCallBeforePrepareSaysSo() {
    try (RoleClient client = client("hash", Duration.ofMinutes(2))) {
      assertThatThrownBy(() -> values(client, List.of(SocketCritic.sequence(1)))).isInstanceOf(RoleException.class)
          .hasMessage(critic.endpoint() + ": has no model yet, the run must prepare it first");
    }
  }

  @Test
  void twoRunsCannotMix() {
    try (RoleClient first = client("aaa", Duration.ofMinutes(2));
        RoleClient second = client("bbb", Duration.ofMinutes(2))) {
      prepare(first, "{}");
      prepare(second, "{}");
      assertThatThrownBy(() -> values(first, List.of(SocketCritic.sequence(1)))).isInstanceOf(RoleException.class)
          .hasMessageContaining("serves another run now, with configuration bbb");
      assertThat(values(second, List.of(SocketCritic.sequence(4)))).containsExactly(2f);
    }
  }

  @Test
  void theCoordinatorThatPreparedLastIsServed() {
    try (RoleClient before = client("aaa", Duration.ofMinutes(2));
        RoleClient after = client("aaa", Duration.ofMinutes(2))) {
      prepare(before, "{}");
      prepare(after, "{}");
      assertThatThrownBy(() -> values(before, List.of(SocketCritic.sequence(1)))).isInstanceOf(RoleException.class)
          .hasMessageContaining("serves another coordinator of the same run now");
      assertThat(values(after, List.of(SocketCritic.sequence(4)))).containsExactly(2f);
    }
  }

  @Test
  void aCoordinatorThatWasReplacedIsRefusedAndItsCallsEnd() throws Exception {
    try (RoleClient first = client(new Fence("run", 1)); RoleClient second = client(new Fence("run", 2));
        RoleClient other = client(new Fence("other run", 1));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      prepare(first, "{}");
      var pending = threads.submit(() -> values(first, List.of(SocketCritic.sequence(99))));
      await().until(() -> valuer.running.get() == 1);
      var successor = threads.submit(() -> prepare(second, "{}"));
      // Its model is being received, so it was let in.
      await().until(() -> receives("critic-1"));
      assertThatThrownBy(() -> prepare(first, "{}")).isInstanceOf(RoleException.class)
          .hasMessageContaining("serves coordinator 2 of this run, which has replaced coordinator 1");
      valuer.hold.countDown();
      assertThatThrownBy(pending::get).cause().isInstanceOf(RoleException.class)
          .hasMessageContaining("another coordinator of the same run has taken over");
      successor.get();
      assertThat(values(second, List.of(SocketCritic.sequence(4)))).containsExactly(2f);

      prepare(other, "{}");
      assertThat(values(other, List.of(SocketCritic.sequence(4)))).containsExactly(2f);
    }
  }

  @Test
  void wrongSettingsReachTheCallerAsWrongInput() {
    try (RoleClient client = client("hash", Duration.ofMinutes(2))) {
      assertThatThrownBy(() -> prepare(client, "{\"bad\": 1}")).isInstanceOf(InputException.class)
          .hasMessage(critic.endpoint() + ": settings: bad is not a setting");
    }
  }

  @Test
  void anotherProtocolVersionOrRoleIsRefused() {
    try (RpcChannel channel = RpcChannel.open(critic.endpoint(), "hash", RpcLimits.DEFAULT)) {
      assertThatThrownBy(() -> open(channel, PrepareHeader.newBuilder().setProtocolVersion(1).setRole("critic")))
          .hasMessageContaining("speaks protocol version 3, the caller 1");
      assertThatThrownBy(() -> open(channel,
          PrepareHeader.newBuilder().setProtocolVersion(RpcMetadata.PROTOCOL_VERSION).setRole("reward")))
          .hasMessageContaining("is the critic, the caller wants the reward");
    }
  }

  @Test
  void aCutOrOverlongRequestIsRefused() throws IOException {
    try (RpcChannel channel = RpcChannel.open(critic.endpoint(), "hash", RpcLimits.DEFAULT)) {
      prepare(channel);
      var header = Shapes.sequencesHeader(List.of(SocketCritic.sequence(1), SocketCritic.sequence(2)));
      var item = Shapes.sequencesItem(SocketCritic.sequence(1));
      assertThatThrownBy(() -> send(channel, header, item)).hasMessageContaining("cut short after 1 of 2 items");
      assertThatThrownBy(() -> send(channel, header, item, item, item))
          .hasMessageContaining("more than the announced 2");
      assertThatThrownBy(() -> send(channel, item)).hasMessageContaining("does not start with its header");
      assertThatThrownBy(() -> send(channel, header, header)).hasMessageContaining("two headers");
      assertThatThrownBy(() -> send(channel)).hasMessageContaining("request is empty");
    }
  }

  @Test
  void callsRunOneAtATime() throws Exception {
    try (RoleClient client = client("hash", Duration.ofMinutes(2));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      prepare(client, "{}");
      var futures = IntStream.range(0, 16).mapToObj(i -> threads
          .submit(() -> values(client, IntStream.range(0, 50).mapToObj(SocketCritic::sequence).toList()))).toList();
      for (var future : futures) {
        assertThat(future.get()).hasSize(50);
      }
    }
    assertThat(valuer.mostRunning).hasValue(1);
  }

  @Test
  void aCallThatDoesNotFinishEndsAtItsDeadline() {
    Duration patient = Duration.ofMinutes(2);
    CallDeadlines deadlines = new CallDeadlines(patient, patient, Duration.ofSeconds(1), patient, patient);
    try (RoleClient impatient = new RoleClient(critic.endpoint(), "hash", deadlines, RpcLimits.DEFAULT)) {
      prepare(impatient, "{}");
      assertThatThrownBy(() -> values(impatient, List.of(SocketCritic.sequence(99))))
          .isInstanceOfSatisfying(RoleException.class, late -> assertThat(late.isLost()).isTrue())
          .hasMessage(critic.endpoint() + ": no complete answer within 1 seconds");
    }
  }

  @Test
  void aServerThatGoesAwayEndsTheCall() {
    try (RoleClient client = client("hash", Duration.ofSeconds(60));
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      prepare(client, "{}");
      var pending = threads.submit(() -> values(client, List.of(SocketCritic.sequence(99))));
      await().until(() -> valuer.running.get() == 1);
      threads.submit(critic::close);
      assertThatThrownBy(pending::get).cause().isInstanceOf(RoleException.class)
          .hasMessageMatching("critic at 127.0.0.1:\\d+: (went away|not reachable) .*");
      valuer.hold.countDown();
    }
  }

  @Test
  void aPortInUseIsAnInputError() {
    RoleBinding taken = new RoleBinding("127.0.0.1", critic.endpoint().port(), directory.resolve("other"),
        RpcLimits.DEFAULT);
    assertThatThrownBy(() -> SocketCritic.serve(this::create, taken))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("cannot listen on 127.0.0.1:" + critic.endpoint().port() + ":")
        .hasMessageContaining("in use");
  }

  private RoleClient client(Fence fence) {
    return new RoleClient(critic.endpoint(), "hash", fence, CallDeadlines.all(Duration.ofMinutes(2)),
        RpcLimits.DEFAULT, NodeTrust.LOOPBACK_ONLY);
  }

  private RoleClient client(String configHash, Duration deadline) {
    return new RoleClient(critic.endpoint(), configHash, CallDeadlines.all(deadline), RpcLimits.DEFAULT);
  }

  private boolean receives(String name) throws IOException {
    try (var files = Files.list(directory.resolve("work"))) {
      return files.anyMatch(file -> file.getFileName().toString().startsWith(name));
    }
  }

  private void prepare(RoleClient client, String settings) {
    critic.prepare(client, settings);
  }

  /** As a client does, so that the calls of this channel are served. */
  private void prepare(RpcChannel channel) throws IOException {
    List<ModelFile> files = ModelFiles.in(critic.model());
    PrepareHeader header = PrepareHeader.newBuilder().setProtocolVersion(RpcMetadata.PROTOCOL_VERSION).setRole("critic")
        .setConfigHash("hash").setSettingsJson("{}").setSession(channel.session()).addAllFiles(files).build();
    List<PrepareRequest> requests = new ArrayList<>(List.of(PrepareRequest.newBuilder().setHeader(header).build()));
    try (ModelChunks chunks = new ModelChunks(critic.model(), files)) {
      chunks.forEachRemaining(chunk -> requests.add(PrepareRequest.newBuilder().setChunk(chunk).build()));
    }
    channel.call(CriticServiceGrpc.getPrepareMethod(), requests.iterator(), reply -> {}, Duration.ofMinutes(2));
  }

  private static void open(RpcChannel channel, PrepareHeader.Builder header) {
    channel.call(CriticServiceGrpc.getPrepareMethod(),
        List.of(PrepareRequest.newBuilder().setHeader(header).build()).iterator(), reply -> {}, Duration.ofMinutes(2));
  }

  private static void send(RpcChannel channel, SequencesRequest... requests) {
    channel.call(CriticServiceGrpc.getValuesMethod(), List.of(requests).iterator(), reply -> {},
        Duration.ofMinutes(2));
  }

  private static List<Float> values(RoleClient client, List<TokenSequence> sequences) {
    return client.callEach(CriticServiceGrpc.getValuesMethod(), Shapes.sequencesHeader(sequences), sequences,
        Shapes::sequencesItem, client.deadlines().score()).stream().map(reply -> reply.getValues(0)).toList();
  }
}
