package io.rlhf4j.reward.serve;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.text.ChatMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A batch may wait longer here than the tests may take. */
@Timeout(60)
class ScoringQueueTest {

  private final ConcurrentLinkedQueue<Integer> batches = new ConcurrentLinkedQueue<>();
  private final Semaphore gate = new Semaphore(0);
  private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
  private final ScoringQueue queue = new ScoringQueue(Rewards.of("lengths", (AnswerReward) answers -> {
    batches.add(answers.size());
    gate.acquireUninterruptibly();
    return answers.stream().mapToDouble(answer -> answer.text().length()).toArray();
  }), new ServeOptions("127.0.0.1", 0, -1, 8, Duration.ofHours(1), 100, 1000, Duration.ofHours(1)),
      new SimpleMeterRegistry());

  @AfterEach
  void close() {
    gate.release(100);
    queue.close();
    callers.shutdownNow();
  }

  @Test
  void aCallerWhoIsAloneDoesNotWait() throws Exception {
    gate.release(2);
    assertThat(queue.score(List.of(group("one"))).getFirst()).containsExactly(3);
    assertThat(queue.score(List.of(group("three"))).getFirst()).containsExactly(5);
    assertThat(batches).containsExactly(1, 1);
  }

  @Test
  void aBatchWaitsUntilAsManyCallersHaveComeAsTheLastOneHad() throws Exception {
    List<Future<?>> asked = new ArrayList<>(ask(1));
    Awaitility.await().until(() -> batches.size() == 1);
    asked.addAll(ask(3));
    Awaitility.await().until(() -> queue.waitingAnswers() == 3);
    gate.release(2);
    for (Future<?> one : asked) {
      one.get(30, TimeUnit.SECONDS);
    }
    List<Future<?>> again = new ArrayList<>(ask(1));
    Awaitility.await().until(() -> queue.waitingAnswers() == 1);
    again.addAll(ask(2));
    gate.release(1);
    for (Future<?> one : again) {
      one.get(30, TimeUnit.SECONDS);
    }
    assertThat(batches).containsExactly(1, 3, 3);
  }

  private List<Future<List<double[]>>> ask(int requests) {
    List<Future<List<double[]>>> asked = new ArrayList<>();
    for (int i = 0; i < requests; i++) {
      asked.add(callers.submit(() -> queue.score(List.of(group("answer")))));
    }
    return asked;
  }

  private static AnswerGroup group(String answer) {
    return new AnswerGroup(List.of(ChatMessage.user("q")), List.of(answer), null);
  }
}
