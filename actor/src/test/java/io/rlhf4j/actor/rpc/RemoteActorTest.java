package io.rlhf4j.actor.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.rlhf4j.actor.ActorRole;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.FinishReason;
import io.rlhf4j.rl.PromptRequest;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.RolloutKey;
import io.rlhf4j.rl.SamplingOptions;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.rpc.CallDeadlines;
import io.rlhf4j.rpc.RoleBinding;
import io.rlhf4j.rpc.RoleClient;
import io.rlhf4j.rpc.RoleServer;
import io.rlhf4j.rpc.RpcLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteActorTest {

  private static final SamplingOptions OPTIONS = new SamplingOptions(0.5, 1, 0, 0, 4096, 2, 3);
  /** 4096 tokens and log-probs: about 24 KiB on the wire. */
  private static final int RESPONSE_TOKENS = 4096;
  private static final int ROLLOUT_BYTES = 20_000;

  /** Answers with long rollouts and counts them. */
  private static final class LongWinded implements ActorRole {
    final AtomicInteger made = new AtomicInteger();
    final AtomicBoolean stopped = new AtomicBoolean();

    @Override
    public void generate(long step, List<PromptRequest> prompts, SamplingOptions options, Consumer<Rollout> sink) {
      try {
        for (PromptRequest prompt : prompts) {
          for (int sample = 0; sample < options.samplesPerPrompt(); sample++) {
            made.incrementAndGet();
            sink.accept(new Rollout(new RolloutKey(step, prompt.promptId(), sample, 0), prompt.tokens(),
                new int[RESPONSE_TOKENS], new float[RESPONSE_TOKENS], FinishReason.LENGTH));
          }
        }
      } finally {
        stopped.set(true);
      }
    }

    @Override
    public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
      return sequences.stream().map(one -> new float[] {(float) temperature, one.responseLength()}).toList();
    }

    @Override
    public Map<String, Double> update(long step, List<Experience> batch) {
      return Map.of("sum", (double) step + batch.size() + batch.getFirst().advantages()[0]);
    }

    @Override
    public void save(Path directory) {
      try {
        Files.writeString(directory.resolve("config.json"), "saved");
        Files.write(directory.resolve("model.safetensors"), new byte[3_000_000]);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void checkpoint(Path directory) {
      save(directory);
    }

    @Override
    public void close() {}
  }

  @TempDir
  Path directory;

  private final LongWinded role = new LongWinded();
  private RoleServer server;
  private RemoteActor actor;

  @BeforeEach
  void start() throws IOException {
    Path model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    server = ActorRpcService.start((modelDirectory, settings) -> role,
        RoleBinding.loopback(directory.resolve("work")));
    actor = new RemoteActor(new RoleClient(server.endpoint(), "hash", CallDeadlines.all(Duration.ofSeconds(60)),
        RpcLimits.DEFAULT));
    actor.prepare(model, "{}");
  }

  @AfterEach
  void stop() {
    actor.close();
    server.close();
  }

  @Test
  void logProbsAndUpdatesArrive() {
    assertThat(actor.logProbs(List.of(new TokenSequence(new int[] {1, 2, 3}, 2)), 0.5))
        .containsExactly(new float[] {0.5f, 1});
    Rollout rollout = new Rollout(new RolloutKey(0, 0, 0, 0), new int[] {1}, new int[] {2}, new float[] {0},
        FinishReason.STOP);
    float[] one = {0.25f};
    assertThat(actor.update(5, List.of(new Experience(rollout, one, one, one, one)))).containsEntry("sum", 6.25);
  }

  @Test
  void theModelComesBack() {
    Path saved = directory.resolve("saved");
    actor.save(saved);
    assertThat(saved.resolve("config.json")).hasContent("saved");
    assertThat(saved.resolve("model.safetensors")).hasSize(3_000_000);
  }

  @Test
  void aSlowReaderHoldsTheGeneratorBack() throws Exception {
    CountDownLatch resume = new CountDownLatch(1);
    List<RolloutKey> keys = new ArrayList<>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var reading = threads.submit(() -> {
        actor.generate(0, prompts(500), OPTIONS, rollout -> {
          keys.add(rollout.key());
          awaitLatch(resume);
        });
      });
      AtomicInteger before = new AtomicInteger(-1);
      await().pollInterval(Duration.ofMillis(300)).atMost(Duration.ofMinutes(2))
          .until(() -> role.made.get() > 0 && before.getAndSet(role.made.get()) == role.made.get());
      assertThat((long) role.made.get() * ROLLOUT_BYTES).isLessThan(4L << 20);
      resume.countDown();
      reading.get();
    }
    assertThat(role.made).hasValue(1000);
    assertThat(keys).hasSize(1000).isSorted();
  }

  @Test
  void aReaderThatGivesUpStopsTheGenerator() {
    assertThatThrownBy(() -> actor.generate(0, prompts(100_000), OPTIONS, rollout -> {
      throw new IllegalStateException("enough");
    })).hasMessage("enough");
    await().untilTrue(role.stopped);
    assertThat(role.made.get()).isLessThan(1000);
    assertThat(actor.logProbs(List.of(), 1)).isEmpty();
  }

  private static List<PromptRequest> prompts(int count) {
    List<PromptRequest> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(new PromptRequest(i, new int[] {1, 2, 3}));
    }
    return prompts;
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
