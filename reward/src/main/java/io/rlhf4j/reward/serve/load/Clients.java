package io.rlhf4j.reward.serve.load;

import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.serve.load.LoadTarget.Leave;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that ask questions whose right scores they know. */
final class Clients {

  /** Scores depend on what else is in their batch by rounding, no more than this. */
  private static final double ROUNDING = 1e-4;
  private static final int LONGEST_STAY_MILLIS = 20;

  private final LoadTarget target;
  private final List<Answer> questions;
  private final double[] expected;
  private final AtomicInteger next = new AtomicInteger();

  Clients(LoadTarget target, List<Answer> questions, double[] expected) {
    this.target = target;
    this.questions = questions;
    this.expected = expected;
  }

  /**
   * Each client asks again as soon as it has its answer.
   *
   * @param leaving share of the requests that are abandoned
   */
  Phase closedLoop(int clients, double seconds, double leaving) throws InterruptedException {
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    List<Phase> parts = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Phase>> running = new ArrayList<>();
      for (int c = 0; c < clients; c++) {
        running.add(threads.submit(() -> {
          Tally tally = new Tally();
          while (System.nanoTime() < end) {
            ask(tally, leaving);
          }
          return tally.phase();
        }));
      }
      for (Future<Phase> one : running) {
        parts.add(get(one));
      }
    }
    return over(parts, (System.nanoTime() - start) / 1e9);
  }

  /** Requests arrive at random times (Poisson), whether or not earlier ones have been answered. */
  Phase openLoop(double perSecond, double seconds) throws InterruptedException {
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    List<Phase> parts = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Phase>> running = new ArrayList<>();
      for (double at = start; at < end; at += pause(perSecond)) {
        TimeUnit.NANOSECONDS.sleep((long) at - System.nanoTime());
        long arrival = (long) at;
        running.add(threads.submit(() -> {
          Tally tally = new Tally();
          askFrom(arrival, tally);
          return tally.phase();
        }));
      }
      for (Future<Phase> one : running) {
        parts.add(get(one));
      }
    }
    return over(parts, (System.nanoTime() - start) / 1e9);
  }

  private static double pause(double perSecond) {
    return -Math.log1p(-ThreadLocalRandom.current().nextDouble()) / perSecond * 1e9;
  }

  private void ask(Tally tally, double leaving) throws InterruptedException {
    if (ThreadLocalRandom.current().nextDouble() >= leaving) {
      askFrom(System.nanoTime(), tally);
      return;
    }
    Leave how = Leave.values()[ThreadLocalRandom.current().nextInt(Leave.values().length)];
    tally.left++;
    try {
      target.abandon(questions.get(index()), how, ThreadLocalRandom.current().nextInt(LONGEST_STAY_MILLIS));
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      tally.lost(e);
    }
  }

  private void askFrom(long startNanos, Tally tally) throws InterruptedException {
    int index = index();
    try {
      double score = target.score(questions.get(index));
      tally.millis.add((System.nanoTime() - startNanos) / 1e6);
      boolean right = Double.isNaN(expected[index]) ? Double.isNaN(score)
          : Math.abs(score - expected[index]) <= ROUNDING * Math.max(1, Math.abs(expected[index]));
      tally.wrong += right ? 0 : 1;
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      tally.lost(e);
    }
  }

  private int index() {
    return Math.floorMod(next.getAndIncrement(), questions.size());
  }

  private static Phase over(List<Phase> parts, double seconds) {
    Phase all = Phase.together(parts);
    return new Phase(seconds, all.millis(), all.wrong(), all.lost(), all.left(), all.problem());
  }

  private static Phase get(Future<Phase> client) throws InterruptedException {
    try {
      return client.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /** What one client has seen. */
  private static final class Tally {

    private final List<Double> millis = new ArrayList<>();
    private long wrong;
    private long lost;
    private long left;
    private String problem = "";

    void lost(Exception e) {
      lost++;
      problem = e.toString();
    }

    Phase phase() {
      return new Phase(0, millis.stream().mapToDouble(Double::doubleValue).toArray(), wrong, lost, left, problem);
    }
  }
}
