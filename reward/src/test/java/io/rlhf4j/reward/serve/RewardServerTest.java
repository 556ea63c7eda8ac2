package io.rlhf4j.reward.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.rlhf4j.config.InputException;
import io.rlhf4j.proto.v1.AnswersOfPrompt;
import io.rlhf4j.proto.v1.ChatTurn;
import io.rlhf4j.proto.v1.ScoreAnswersReply;
import io.rlhf4j.proto.v1.ScoreAnswersRequest;
import io.rlhf4j.proto.v1.ScoringServiceGrpc;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.GroupReward;
import io.rlhf4j.reward.kind.Rewards;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
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

/** Over real sockets on this machine. The score of an answer is the number that it holds. */
class RewardServerTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ConcurrentLinkedQueue<String> scored = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Integer> batches = new ConcurrentLinkedQueue<>();
  private final Semaphore gate = new Semaphore(0);
  private volatile boolean gated;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor();
  private RewardServer server = start(8, 1000, 10_000);

  private RewardServer start(int maxBatch, int maxQueue, int timeoutMillis) {
    AnswerReward numbers = answers -> {
      batches.add(answers.size());
      if (gated) {
        gate.acquireUninterruptibly();
      }
      return answers.stream().mapToDouble(answer -> {
        scored.add(answer.text());
        return answer.text().equals("none") ? Double.NaN : Double.parseDouble(answer.text());
      }).toArray();
    };
    return RewardServer.start(Rewards.of("numbers", numbers), new ServeOptions("127.0.0.1", 0, 0, maxBatch,
        Duration.ofMillis(2), maxQueue, 2000, Duration.ofMillis(timeoutMillis)));
  }

  private void restart(int maxBatch, int maxQueue, int timeoutMillis) {
    server.close();
    server = start(maxBatch, maxQueue, timeoutMillis);
  }

  @AfterEach
  void stop() {
    gate.release(1000);
    server.close();
    clients.shutdownNow();
    client.shutdownNow();
  }

  @Test
  void everyClientGetsItsOwnAnswerWhileOthersCancelOrDisconnect() throws Exception {
    List<Future<Integer>> wrong = new ArrayList<>();
    for (int c = 0; c < 64; c++) {
      int number = c;
      wrong.add(clients.submit(() -> {
        int errors = 0;
        for (int i = 0; i < 20; i++) {
          int value = number * 1000 + i + 1;
          if (number % 8 == 7) {
            disconnect(value);
          } else if (number % 8 == 6) {
            Future<?> cancelled = client.sendAsync(request(body(value)), HttpResponse.BodyHandlers.ofString());
            cancelled.cancel(true);
          } else {
            String reply = post(body(value, -value)).body();
            errors += reply.startsWith("{\"rewards\":[" + value + ".0," + -value + ".0],") ? 0 : 1;
          }
        }
        return errors;
      }));
    }
    for (Future<Integer> errors : wrong) {
      assertThat(errors.get(60, TimeUnit.SECONDS)).isZero();
    }
    assertThat(batches).anyMatch(size -> size > 2).allMatch(size -> size <= 8);
    assertThat(scored).contains("5020", "-5020").doesNotHaveDuplicates();
  }

  @Test
  void speaksOpenRlhf() throws Exception {
    assertThat(post("{\"query\": [\"how many? 7\", \"x none\"], \"prompts\": [\"how many?\", \"x\"]}").body())
        .isEqualTo("{\"rewards\":[7.0,null],\"scores\":[7.0,null],\"extra_logs\":{}}");
    ObjectNode chat = JSON.createObjectNode();
    chat.putArray("responses").add("3");
    chat.putArray("messages").addArray().addObject().put("role", "user").put("content", "q");
    assertThat(post(chat.toString()).body()).startsWith("{\"rewards\":[3.0]");
  }

  @Test
  void answersToTheSamePromptAreComparedWithEachOther() throws Exception {
    server.close();
    // A share of opponents beaten: nobody to be compared with is no score.
    GroupReward longer = groups -> groups.stream().map(group -> group.answers().stream()
        .mapToDouble(one -> group.answers().stream().filter(other -> one.length() > other.length()).count()
            / (group.answers().size() - 1.0))
        .toArray()).toList();
    server = RewardServer.start(Rewards.of("longer", longer), new ServeOptions("127.0.0.1", 0, 0, 8,
        Duration.ofMillis(2), 1000, 2000, Duration.ofSeconds(10)));
    assertThat(post("{\"prompts\": [\"p\", \"q\", \"p\", \"r\"], \"responses\": [\"long\", \"x\", \"s\", \"y\"], "
        + "\"labels\": [null, \"1\", null, \"1\"]}").body()).startsWith("{\"rewards\":[1.0,null,0.0,null],");
    assertThat(post("{\"prompts\": [\"p\", \"p\"], \"responses\": [\"long\", \"s\"], "
        + "\"labels\": [\"1\", \"2\"]}").body()).startsWith("{\"rewards\":[null,null],");
  }

  @Test
  void whatCannotBeScoredIsRefused() throws Exception {
    for (String body : List.of("", "{", "[]", "{\"query\": []}", "{\"query\": [\"1\"]}",
        "{\"query\": [1], \"prompts\": [2]}",
        "{\"query\": [\"a\"], \"prompts\": [\"b\"]}", "{\"query\": [\"a\"], \"prompts\": [\"a\", \"b\"]}",
        "{\"responses\": [\"1\"]}", "{\"responses\": [\"1\"], \"messages\": [[]]}",
        "{\"responses\": [\"1\"], \"messages\": [[{\"role\": 1}]]}")) {
      HttpResponse<String> reply = post(body);
      assertThat(reply.statusCode()).as(body).isEqualTo(400);
      assertThat(JSON.readTree(reply.body()).get("error").isTextual()).isTrue();
    }
    assertThat(post(body(1) + " ".repeat(2000)).statusCode()).isEqualTo(413);
    assertThat(get("/get_reward").statusCode()).isEqualTo(400);
    assertThat(get("/health").body()).isEqualTo("{\"status\":\"up\"}");
    assertThat(post(body(4)).statusCode()).isEqualTo(200);
    // A request is counted when its reply has been sent.
    Awaitility.await().until(() -> get("/metrics").body().contains("outcome=\"ok\""));
    assertThat(get("/metrics").body()).contains("rlhf_reward_request_duration_seconds_count{outcome=\"malformed\"",
        "outcome=\"too_large\"", "outcome=\"ok\"", "rlhf_reward_batch_answers_count 1", "rlhf_reward_queue_answers 0.0",
        "rlhf_reward_batch_duration_seconds_count 1");
  }

  @Test
  void aFailingRequestDoesNotSpoilTheOthersOfItsBatch() throws Exception {
    gated = true;
    Future<HttpResponse<String>> first = send(body(1));
    Awaitility.await().until(() -> batches.size() == 1);
    Future<HttpResponse<String>> good = send(body(2));
    Future<HttpResponse<String>> bad = send("{\"responses\": [\"no number\"], \"prompts\": [\"q\"]}");
    Awaitility.await().until(() -> queued() == 2);
    gated = false;
    gate.release(10);

    assertThat(first.get().statusCode()).isEqualTo(200);
    assertThat(good.get().body()).startsWith("{\"rewards\":[2.0]");
    assertThat(bad.get().statusCode()).isEqualTo(500);
    assertThat(batches).contains(2);
  }

  @Test
  void aFullQueueRefusesAndALateRequestIsNotScored() throws Exception {
    restart(1, 2, 700);
    gated = true;
    Future<HttpResponse<String>> running = send(body(1));
    Awaitility.await().until(() -> batches.size() == 1);
    List<Future<HttpResponse<String>>> waiting = List.of(send(body(2)), send(body(3)));
    Awaitility.await().until(() -> queued() == 2);

    HttpResponse<String> refused = post(body(4));
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");
    assertThat(running.get().statusCode()).isEqualTo(504);
    for (Future<HttpResponse<String>> late : waiting) {
      assertThat(late.get().statusCode()).isEqualTo(504);
    }
    gated = false;
    gate.release(10);
    // Late requests hold their places until the batch that runs is over.
    Awaitility.await().until(() -> queued() == 0);
    assertThat(post(body(5)).body()).startsWith("{\"rewards\":[5.0]");
    assertThat(scored).containsExactly("1", "5");
  }

  @Test
  void closingAnswersWhatWasAcceptedAndRefusesTheRest() throws Exception {
    gated = true;
    List<Future<HttpResponse<String>>> accepted = new ArrayList<>();
    accepted.add(send(body(0)));
    Awaitility.await().until(() -> batches.size() == 1);
    for (int i = 1; i < 20; i++) {
      accepted.add(send(body(i)));
    }
    Awaitility.await().until(() -> queued() == 19);
    Future<?> closed = clients.submit(server::close);
    Awaitility.await().until(() -> get("/health").statusCode() == 503);
    assertThat(post(body(99)).statusCode()).isEqualTo(503);
    gated = false;
    gate.release(100);

    for (int i = 0; i < 20; i++) {
      assertThat(accepted.get(i).get(20, TimeUnit.SECONDS).body()).startsWith("{\"rewards\":[" + i + ".0]");
    }
    closed.get(20, TimeUnit.SECONDS);
    assertThatThrownBy(() -> post(body(1))).isInstanceOf(IOException.class);
  }

  @Test
  void grpcScoresGroupsAndForgetsCallersThatLeave() throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder("127.0.0.1:" + server.grpcPort(), InsecureChannelCredentials.create()).build();
    try {
      var stub = ScoringServiceGrpc.newBlockingStub(channel);
      ScoreAnswersReply reply = stub.scoreAnswers(groups("1", "none"));
      assertThat(reply.getGroups(0).getScoresList()).containsExactly(1.0, Double.NaN);
      assertThatThrownBy(() -> stub.scoreAnswers(ScoreAnswersRequest.getDefaultInstance())).satisfies(
          e -> assertThat(((StatusRuntimeException) e).getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));

      gated = true;
      Future<HttpResponse<String>> running = send(body(5));
      Awaitility.await().until(() -> batches.size() == 2);
      assertThatThrownBy(() -> stub.withDeadlineAfter(300, TimeUnit.MILLISECONDS).scoreAnswers(groups("77"))).satisfies(
          e -> assertThat(((StatusRuntimeException) e).getStatus().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED));
      Awaitility.await().until(() -> get("/metrics").body().contains("outcome=\"error\",protocol=\"grpc\""));
      gated = false;
      gate.release(10);
      assertThat(running.get().statusCode()).isEqualTo(200);
      assertThat(stub.scoreAnswers(groups("8")).getGroups(0).getScoresList()).containsExactly(8.0);
      assertThat(scored).doesNotContain("77");
    } finally {
      channel.shutdownNow();
    }
  }

  @Test
  void aTakenPortIsWrongInput() {
    assertThatThrownBy(() -> RewardServer.start(Rewards.of("x", (AnswerReward) answers -> new double[0]),
        new ServeOptions("127.0.0.1", server.httpPort(), -1, 1, Duration.ZERO, 1, 1, Duration.ofSeconds(1))))
        .isInstanceOf(InputException.class).hasMessageContaining("cannot listen on 127.0.0.1:");
  }

  private static ScoreAnswersRequest groups(String... answers) {
    return ScoreAnswersRequest.newBuilder().addGroups(AnswersOfPrompt.newBuilder()
        .addPrompt(ChatTurn.newBuilder().setRole("user").setContent("q")).addAllAnswers(List.of(answers))).build();
  }

  private int queued() throws Exception {
    String metrics = get("/metrics").body();
    return (int) Double.parseDouble(metrics.replaceAll("(?s).*\nrlhf_reward_queue_answers (\\S+).*", "$1"));
  }

  /** Sends a request and leaves without waiting. */
  private void disconnect(int value) throws IOException {
    byte[] body = body(value).getBytes(StandardCharsets.UTF_8);
    try (Socket socket = new Socket("127.0.0.1", server.httpPort())) {
      socket.getOutputStream().write(("POST /get_reward HTTP/1.1\r\nHost: x\r\nContent-Length: "
          + (value % 2 == 0 ? body.length : body.length + 100) + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().write(body);
    }
  }

  private static String body(int... values) {
    ObjectNode body = JSON.createObjectNode();
    for (int value : values) {
      body.withArray("responses").add(String.valueOf(value));
      body.withArray("prompts").add("q");
    }
    return body.toString();
  }

  private Future<HttpResponse<String>> send(String body) {
    return clients.submit(() -> post(body));
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return client.send(request(body), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest request(String body) {
    return HttpRequest.newBuilder(address("/get_reward")).POST(HttpRequest.BodyPublishers.ofString(body)).build();
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(address(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.httpPort() + path);
  }
}
