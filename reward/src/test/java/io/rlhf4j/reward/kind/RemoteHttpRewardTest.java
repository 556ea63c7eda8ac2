package io.rlhf4j.reward.kind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.text.ChatMessage;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a real server on this machine. */
class RemoteHttpRewardTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<ChatMessage> PROMPT = List.of(ChatMessage.user("q"));

  /** What the server does with one request. */
  private record Reply(int status, String body) {}

  private final List<JsonNode> requests = new CopyOnWriteArrayList<>();
  private volatile java.util.function.IntFunction<Reply> replies = call -> new Reply(200, "{\"rewards\": [1, -2.5]}");
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/get_reward", exchange -> {
      requests.add(JSON.readTree(exchange.getRequestBody()));
      Reply reply = replies.apply(requests.size());
      byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(reply.status(), body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void asksAsOpenRlhfDoes() {
    assertThat(scores("", "yes", "no")).containsExactly(1, -2.5);
    JsonNode request = requests.getFirst();
    assertThat(request.get("query").toString()).isEqualTo("[\"q\\n\\nyes\",\"q\\n\\nno\"]");
    assertThat(request.get("prompts").toString()).isEqualTo("[\"q\",\"q\"]");
    assertThat(request.get("labels").toString()).isEqualTo("[\"L\",\"L\"]");
    assertThat(request.get("responses").toString()).isEqualTo("[\"yes\",\"no\"]");
    assertThat(request.get("messages").get(0).toString()).isEqualTo("[{\"role\":\"user\",\"content\":\"q\"}]");
  }

  @Test
  void batchesAndUnscoredAnswers() {
    replies = call -> new Reply(200, "{\"rewards\": [" + (call == 2 ? "null" : call) + "]}");
    assertThat(scores("batch_size: 1", "a", "b", "c")).containsExactly(1, Double.NaN, 3);
  }

  @Test
  void failuresThatMayPassAreRepeatedABoundedNumberOfTimes() {
    replies = call -> call < 3 ? new Reply(503, "busy") : new Reply(200, "{\"rewards\": [7]}");
    assertThat(scores("retries: 2", "a")).containsExactly(7);
    assertThat(requests).hasSize(3);

    replies = call -> new Reply(500, "");
    assertThatThrownBy(() -> scores("retries: 1", "a")).hasMessageContaining("/get_reward: status 500");
    assertThat(requests).hasSize(5);
  }

  @Test
  void wrongRepliesAreNotRepeated() {
    replies = call -> new Reply(404, "");
    assertThatThrownBy(() -> scores("", "a")).hasMessageContaining("status 404");
    replies = call -> new Reply(200, "hello");
    assertThatThrownBy(() -> scores("", "a")).hasMessageContaining("the reply is not JSON");
    replies = call -> new Reply(200, "{\"rewards\": [1, 2]}");
    assertThatThrownBy(() -> scores("", "a")).hasMessageContaining("a list rewards of 1 numbers, but has 2");
    replies = call -> new Reply(200, "{\"rewards\": [\"x\"]}");
    assertThatThrownBy(() -> scores("", "a")).hasMessageContaining("a reward is \"x\", must be a number");
    assertThat(requests).hasSize(4);
  }

  @Test
  void wrongRepliesAreFailuresLikeAnyOther() {
    replies = call -> new Reply(200, "{\"rewards\": [1, 2]}");
    try (Rewards rewards = open("breaker_failures: 2, required: false")) {
      for (int i = 0; i < 3; i++) {
        assertThat(rewards.score(List.of(group("a"))).getFirst()).containsExactly(Double.NaN);
      }
      assertThat(rewards.counts()).containsEntry("remote: answers that the server did not score", 3L);
    }
    assertThat(requests).hasSize(2);
    assertThatThrownBy(() -> scores("", "a")).isInstanceOf(RemoteException.class);
  }

  @Test
  void nullsAreCounted() {
    replies = call -> new Reply(200, "{\"rewards\": [null, 1, null]}");
    try (Rewards rewards = open("")) {
      assertThat(rewards.score(List.of(group("a", "b", "c"))).getFirst()).containsExactly(Double.NaN, 1, Double.NaN);
      assertThat(rewards.counts()).isEqualTo(Map.of("remote: answers that the server did not score", 2L));
    }
  }

  @Test
  void aSilentServerTimesOut() throws Exception {
    var release = new java.util.concurrent.CountDownLatch(1);
    replies = call -> {
      try {
        release.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return new Reply(200, "{\"rewards\": [1]}");
    };
    assertThatThrownBy(() -> scores("timeout_seconds: 1, retries: 0", "a"))
        .hasMessageContaining("no answer within 1000 ms");
    release.countDown();
  }

  @Test
  void theBreakerStopsAskingAndTriesAgainLater() throws Exception {
    replies = call -> new Reply(503, "");
    try (Rewards rewards = open("retries: 0, breaker_failures: 2, breaker_seconds: 1, required: false")) {
      for (int i = 0; i < 10; i++) {
        assertThat(rewards.score(List.of(group("a"))).getFirst()).containsExactly(Double.NaN);
      }
      assertThat(requests).hasSize(2);
      assertThat(rewards.counts()).containsEntry("remote: answers that the server did not score", 10L);

      replies = call -> new Reply(200, "{\"rewards\": [3]}");
      org.awaitility.Awaitility.await().until(() -> rewards.score(List.of(group("a"))).getFirst()[0] == 3);
      assertThat(rewards.score(List.of(group("b"))).getFirst()).containsExactly(3);
    }
  }

  @Test
  void anOpenBreakerSaysWhy() {
    replies = call -> new Reply(503, "");
    try (Rewards rewards = open("retries: 0, breaker_failures: 1, breaker_seconds: 60")) {
      assertThatThrownBy(() -> rewards.score(List.of(group("a")))).hasMessageEndingWith("/get_reward: status 503");
      assertThatThrownBy(() -> rewards.score(List.of(group("a")))).isInstanceOf(RemoteException.class)
          .hasMessageEndingWith("failed 1 times in a row (status 503), not tried again for 60 seconds");
    }
    assertThat(requests).hasSize(1);
  }

  @Test
  void oneFailedQuestionOfAJudgeIsAVerdictThatCannotBeRead() {
    replies = call -> new Reply(200, call == 2 ? "{}" : "{\"choices\": [{\"message\": {\"content\": \"[[4]]\"}}]}");
    try (Rewards judge = judge()) {
      assertThat(judge.score(List.of(group("a", "b", "c"))).getFirst()).containsExactly(4, Double.NaN, 4);
      assertThat(judge.counts()).isEqualTo(Map.of("judge: grades", 3L, "judge: of them not readable", 1L,
          "judge: of those without a reply of the judge", 1L));
    }
  }

  @Test
  void aJudgeThatFailsAgainAndAgainEndsTheWork() {
    replies = call -> new Reply(404, "");
    try (Rewards judge = judge()) {
      assertThatThrownBy(() -> judge.score(List.of(group("a", "b", "c", "d", "e", "f"))))
          .isInstanceOf(RemoteException.class).hasMessageEndingWith("/get_reward: status 404");
    }
    assertThat(requests).hasSize(5);
  }

  private Rewards judge() {
    return Rewards.open(RecipeConfig.parse("rewards: [{kind: judge, mode: rating, models: ['http://127.0.0.1:"
        + server.getAddress().getPort() + "/get_reward']}]").rewards());
  }

  private double[] scores(String keys, String... answers) {
    try (Rewards rewards = open(keys)) {
      return rewards.score(List.of(group(answers))).getFirst();
    }
  }

  private static AnswerGroup group(String... answers) {
    return new AnswerGroup(PROMPT, List.of(answers), "L");
  }

  private Rewards open(String keys) {
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/get_reward";
    return Rewards.open(RecipeConfig.parse("rewards: [{kind: remote, url: '" + url + "', " + keys + "}]").rewards());
  }
}
