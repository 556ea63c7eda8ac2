package io.rlhf4j.reward.serve;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.rlhf4j.reward.kind.AnswerGroup;
import io.rlhf4j.reward.kind.Rewards;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Requests that wait to be scored, and the one thread that scores them, as many together as there are. A batch waits
 * for others only while fewer have come than the last one held, so a caller who is alone never waits. A request whose
 * caller has gone is not scored; one that makes the rewards fail does not spoil those that were scored with it.
 */
public final class ScoringQueue implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ScoringQueue.class);

  private final Rewards rewards;
  private final ServeOptions options;
  private final ArrayDeque<Request> waiting = new ArrayDeque<>();
  private final Thread worker;
  private final DistributionSummary batchSizes;
  private final Timer batchTimes;
  private int waitingAnswers;
  /** Requests in the last batch: when as many wait again, everybody who was there has come back. */
  private int expected = 1;
  private boolean closing;

  /** One call of {@link #score}. */
  private record Request(List<AnswerGroup> groups, int answers, CompletableFuture<List<double[]>> scores) {}

  /** The rewards belong to the queue from now on. */
  public ScoringQueue(Rewards rewards, ServeOptions options, MeterRegistry meters) {
    this.rewards = rewards;
    this.options = options;
    this.batchSizes = DistributionSummary.builder(MeterNames.BATCH_ANSWERS).register(meters);
    this.batchTimes = Timer.builder(MeterNames.BATCH_TIME).register(meters);
    Gauge.builder(MeterNames.QUEUE_ANSWERS, this, ScoringQueue::waitingAnswers).register(meters);
    this.worker = Thread.ofPlatform().name("scoring").start(this::work);
  }

  /**
   * Waits until the answers are scored.
   *
   * @return one array for each group
   * @throws Refused if the queue is full or closing, the rewards fail, or the time is over
   */
  public List<double[]> score(List<AnswerGroup> groups) throws InterruptedException {
    var request = new Request(groups, groups.stream().mapToInt(group -> group.answers().size()).sum(),
        new CompletableFuture<>());
    enqueue(request);
    try {
      return request.scores().get(options.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new Refused(Refused.Reason.LATE, "not scored within " + options.timeout().toMillis() + " ms");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Refused refused ? refused
          : new Refused(Refused.Reason.FAILED, String.valueOf(e.getCause().getMessage()));
    } finally {
      // Whoever no longer waits, for whatever reason, need not be scored.
      request.scores().cancel(false);
    }
  }

  private synchronized void enqueue(Request request) {
    if (closing) {
      throw new Refused(Refused.Reason.CLOSING, "the server is going down");
    }
    // A request alone may be larger than the queue.
    if (!waiting.isEmpty() && waitingAnswers + request.answers() > options.maxQueue()) {
      throw new Refused(Refused.Reason.FULL, waitingAnswers + " answers are waiting, try again later");
    }
    waiting.add(request);
    waitingAnswers += request.answers();
    notifyAll();
  }

  synchronized int waitingAnswers() {
    return waitingAnswers;
  }

  private void work() {
    try {
      for (List<Request> batch = next(); !batch.isEmpty(); batch = next()) {
        score(batch, true);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      rewards.close();
    }
  }

  /** The next batch; empty when the queue is closed and nothing waits any more. */
  private synchronized List<Request> next() throws InterruptedException {
    while (true) {
      while (waiting.isEmpty() && !closing) {
        wait();
      }
      if (waiting.isEmpty()) {
        return List.of();
      }
      long end = System.nanoTime() + options.maxWait().toNanos();
      for (long left = end - System.nanoTime(); waiting.size() < expected && waitingAnswers < options.maxBatch()
          && left > 0 && !closing; left = end - System.nanoTime()) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
      }
      List<Request> batch = take();
      if (!batch.isEmpty()) {
        expected = batch.size();
        return batch;
      }
    }
  }

  /** As many requests as a batch holds, at least one; those that nobody waits for are dropped. */
  private List<Request> take() {
    List<Request> batch = new ArrayList<>();
    int answers = 0;
    while (!waiting.isEmpty() && (batch.isEmpty() || answers + waiting.peek().answers() <= options.maxBatch())) {
      Request request = waiting.remove();
      waitingAnswers -= request.answers();
      if (!request.scores().isDone()) {
        batch.add(request);
        answers += request.answers();
      }
    }
    return batch;
  }

  private void score(List<Request> batch, boolean together) {
    List<AnswerGroup> groups = batch.stream().flatMap(request -> request.groups().stream()).toList();
    try {
      List<double[]> scores = batchTimes.recordCallable(() -> rewards.score(groups));
      batchSizes.record(batch.stream().mapToInt(Request::answers).sum());
      int at = 0;
      for (Request request : batch) {
        request.scores().complete(List.copyOf(scores.subList(at, at + request.groups().size())));
        at += request.groups().size();
      }
    } catch (Exception | OutOfMemoryError e) {
      if (together && batch.size() > 1) {
        batch.forEach(request -> score(List.of(request), false));
        return;
      }
      LOG.warn("a request of {} answers could not be scored", batch.getFirst().answers(), e);
      batch.forEach(request -> request.scores().completeExceptionally(e));
    }
  }

  /** Scores what waits, refuses what comes, then closes the rewards. */
  @Override
  public void close() {
    synchronized (this) {
      closing = true;
      notifyAll();
    }
    try {
      worker.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
