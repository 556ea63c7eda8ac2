package io.rlhf4j.reward.kind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Posts JSON with a timeout, a bounded number of attempts and a circuit breaker: after several failures in a row
 * nothing is sent for a while, then one request tries whether the server is back. One thread at a time.
 */
final class JsonHttp implements AutoCloseable {

  /** A server that answers more than this is not answering the question. */
  private static final int MAX_REPLY_BYTES = 4 << 20;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client;
  private final URI address;
  private final Policy policy;
  private int failuresInARow;
  private long closedUntilNanos;
  private long attempts;
  private String lastProblem = "";

  /**
   * @param timeout of one attempt
   * @param retries further attempts after a failure that may pass
   * @param breakerFailures failed posts in a row before no more is sent
   * @param breakerPause how long nothing is sent then
   */
  record Policy(Duration timeout, int retries, int breakerFailures, Duration breakerPause) {}

  JsonHttp(String address, Policy policy) {
    this.address = URI.create(address);
    this.policy = policy;
    this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(policy.timeout()).build();
  }

  /** Requests sent so far, repeated ones included. */
  long attempts() {
    return attempts;
  }

  /** Whether the server has failed so often in a row that nothing is sent for a while. */
  boolean givenUp() {
    return failuresInARow >= policy.breakerFailures();
  }

  /** What a reader throws that cannot use a reply. */
  RemoteException wrong(String problem) {
    return new RemoteException(address.toString(), problem, false);
  }

  /**
   * Sends a request and reads the reply; one that cannot be used is a failure as well.
   *
   * @param reader throws {@link #wrong} where the reply is not what was asked for
   * @throws RemoteException if no attempt succeeds, or the breaker is open
   */
  <T> T post(JsonNode body, Function<JsonNode, T> reader) {
    if (givenUp() && System.nanoTime() - closedUntilNanos < 0) {
      throw failure("failed " + failuresInARow + " times in a row (" + lastProblem + "), not tried again for "
          + policy.breakerPause().toSeconds() + " seconds", true);
    }
    // A breaker that has waited lets one attempt through, without repetition.
    int retries = givenUp() ? 0 : policy.retries();
    for (int attempt = 0;; attempt++) {
      try {
        T answer = reader.apply(once(body));
        failuresInARow = 0;
        return answer;
      } catch (RemoteException e) {
        if (!e.mayPass() || attempt >= retries) {
          failuresInARow++;
          lastProblem = e.problem();
          closedUntilNanos = System.nanoTime() + policy.breakerPause().toNanos();
          throw e;
        }
        pause(attempt);
      }
    }
  }

  private RemoteException failure(String problem, boolean mayPass) {
    return new RemoteException(address.toString(), problem, mayPass);
  }

  private JsonNode once(JsonNode body) {
    attempts++;
    HttpRequest request = HttpRequest.newBuilder(address)
        .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(body.toString())).build();
    HttpResponse<byte[]> reply = send(request);
    int status = reply.statusCode();
    if (status != 200) {
      throw failure("status " + status, status >= 500 || status == 429 || status == 408);
    }
    try {
      return JSON.readTree(reply.body());
    } catch (IOException e) {
      throw failure("the reply is not JSON", false);
    }
  }

  /** The time of the policy is for the whole reply: a server may send its first bytes and then no more. */
  private HttpResponse<byte[]> send(HttpRequest request) {
    CompletableFuture<HttpResponse<byte[]>> sent = client.sendAsync(request, info -> new BoundedBody(MAX_REPLY_BYTES));
    try {
      return sent.get(policy.timeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw failure("no answer within " + policy.timeout().toMillis() + " ms", true);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BoundedBody.TooLongException) {
        throw failure("the reply is longer than " + MAX_REPLY_BYTES + " bytes", false);
      }
      throw failure("no answer (" + cause(e.getCause()) + ")", true);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure("interrupted", false);
    } finally {
      sent.cancel(true);
    }
  }

  /** Refused connections have no message of their own. */
  private static String cause(Throwable cause) {
    String name = cause.getClass().getSimpleName();
    return cause.getMessage() == null ? name : name + " " + cause.getMessage();
  }

  /** Twice as long each time, up to a bound; a random part keeps several clients from returning together. */
  private static void pause(int attempt) {
    long full = Math.min(LONGEST_PAUSE.toMillis(), FIRST_PAUSE.toMillis() << Math.min(attempt, 20));
    try {
      Thread.sleep(full / 2 + ThreadLocalRandom.current().nextLong(full / 2 + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
