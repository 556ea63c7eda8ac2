package io.rlhf4j.reward.serve;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;

/** Measures requests and knows how many are being answered, so that a server can wait for them before it ends. */
public final class RequestCounter {

  private final MeterRegistry meters;
  private int open;

  RequestCounter(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Runs one request, its reply included. */
  public <T> T measure(String protocol, Callable<T> request) throws Exception {
    Timer.Sample sample = Timer.start(meters);
    String outcome = "error";
    change(1);
    try {
      T result = request.call();
      outcome = "ok";
      return result;
    } catch (Refused e) {
      outcome = e.reason().name().toLowerCase(Locale.ROOT);
      throw e;
    } finally {
      change(-1);
      sample.stop(
          Timer.builder(MeterNames.REQUESTS).tag("protocol", protocol).tag("outcome", outcome).register(meters));
    }
  }

  private synchronized void change(int by) {
    open += by;
    notifyAll();
  }

  /** Waits until no request is open, or the time is over. */
  synchronized void awaitNone(Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    for (long left = end - System.nanoTime(); open > 0 && left > 0; left = end - System.nanoTime()) {
      wait(Math.max(1, left / 1_000_000));
    }
  }
}
