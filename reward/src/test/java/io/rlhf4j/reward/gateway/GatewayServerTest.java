package io.rlhf4j.reward.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.rlhf4j.reward.kind.AnswerReward;
import io.rlhf4j.reward.kind.GenerationSettings;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.reward.kind.TextGenerator;
import io.rlhf4j.telemetry.JsonLines;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway over real sockets before a chat server over real sockets that misbehaves in every way. */
class GatewayServerTest {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String QUESTION =
      "{\"messages\": [{\"role\": \"user\", \"content\": \"1+1?\"}], \"label\": \"2\"}";

  /** What the chat server does at one request. */
  private interface Behaviour {
    void reply(HttpExchange exchange) throws IOException;
  }

  @TempDir
  private Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final AtomicInteger asked = new AtomicInteger();
  private final CountDownLatch release = new CountDownLatch(1);
  private volatile List<Behaviour> behaviours = List.of();
  private HttpServer generator;
  private TextGenerator writer;
  private JsonLines log;
  private GatewayServer gateway;

  @BeforeEach
  void startGenerator() throws IOException {
    generator = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    generator.setExecutor(threads);
    generator.createContext("/v1/chat/completions", exchange -> {
      exchange.getRequestBody().readAllBytes();
      int number = asked.getAndIncrement();
      try {
        behaviours.get(Math.min(number, behaviours.size() - 1)).reply(exchange);
      } finally {
        exchange.close();
      }
    });
    generator.start();
    writer = TextGenerator.open("http://127.0.0.1:" + generator.getAddress().getPort() + "/v1/chat/completions",
        new GenerationSettings("m", 1, 16, 3), Duration.ofSeconds(3), 0);
    log = JsonLines.open(directory.resolve("log.jsonl"));
  }

  private void startGateway(int regenerations, String fallback, int maxWaiting) {
    AnswerReward right = answers -> answers.stream()
        .mapToDouble(answer -> answer.text().equals(answer.label()) ? 1 : 0).toArray();
    var rule = new VerifierGateway.Rule(0.5, regenerations, fallback);
    gateway = GatewayServer.start(new VerifierGateway(writer, Rewards.of("right", right), rule, log),
        new GatewayServer.Options("127.0.0.1", 0, maxWaiting, 1000));
  }

  @AfterEach
  void stop() {
    release.countDown();
    if (gateway != null) {
      gateway.close();
    }
    writer.close();
    log.close();
    generator.stop(0);
    threads.shutdownNow();
    client.shutdownNow();
  }

  @Test
  void asksAgainUntilTheAnswerAgreesWithTheLabel() throws Exception {
    behaviours = List.of(says("3"), says("22"), says("2"));
    startGateway(3, null, 8);
    JsonNode reply = JSON.readTree(post(QUESTION).body());
    assertThat(reply.at("/choices/0/message/content").asText()).isEqualTo("2");
    assertThat(reply.at("/choices/0/message/role").asText()).isEqualTo("assistant");
    assertThat(reply.get("object").asText()).isEqualTo("chat.completion");
    assertThat(reply.get("gateway").toString())
        .isEqualTo("{\"outcome\":\"accepted\",\"score\":1.0,\"attempts\":3}");
    JsonNode line = decisions().getFirst();
    assertThat(line.get("answers").toString()).isEqualTo("[\"3\",\"22\",\"2\"]");
    assertThat(line.get("label").asText()).isEqualTo("2");
    assertThat(line.has("problems")).isFalse();
  }

  @Test
  void turnsMayComeInPartsOfText() throws Exception {
    behaviours = List.of(says("2"));
    startGateway(0, null, 8);
    String parts = "[{\"type\": \"text\", \"text\": \"1+\"}, {\"type\": \"text\", \"text\": \"1?\"}]";
    String body = "{\"messages\": [{\"role\": \"user\", \"content\": " + parts + "}], \"label\": \"2\"}";
    assertThat(JSON.readTree(post(body).body()).at("/gateway/outcome").asText()).isEqualTo("accepted");
    assertThat(decisions().getFirst().get("prompt").toString())
        .isEqualTo("[{\"role\":\"user\",\"content\":\"1+1?\"}]");

    HttpResponse<String> image = post(body.replace("\"type\": \"text\", \"text\": \"1?\"", "\"type\": \"image_url\""));
    assertThat(image.statusCode()).isEqualTo(400);
    assertThat(JSON.readTree(image.body()).at("/error/message").asText()).contains("a list of {type: text, text}");
  }

  @Test
  void everyKindOfFailureIsAnAttemptAndIsLogged() throws Exception {
    Behaviour slow = exchange -> {
      // First bytes in time, then silence.
      exchange.sendResponseHeaders(200, 100);
      exchange.getResponseBody().write("{\"choices\"".getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      await();
    };
    behaviours = List.of(status(500), text("no JSON"), text("{\"choices\": []}"), text("x".repeat(5 << 20)), slow);
    startGateway(4, "ask a person", 8);
    JsonNode reply = JSON.readTree(post(QUESTION).body());
    assertThat(reply.at("/choices/0/message/content").asText()).isEqualTo("ask a person");
    assertThat(reply.at("/gateway/outcome").asText()).isEqualTo("fallback");
    assertThat(reply.at("/gateway/score").isNull()).isTrue();
    JsonNode line = decisions().getFirst();
    assertThat(line.get("answers").toString()).isEqualTo("[null,null,null,null,null]");
    JsonNode problems = line.get("problems");
    assertThat(problems.get(0).asText()).endsWith("status 500");
    assertThat(problems.get(1).asText()).endsWith("the reply is not JSON");
    assertThat(problems.get(2).asText()).endsWith("the reply has no choices[0].message.content");
    assertThat(problems.get(3).asText()).contains("the reply is longer than 4194304 bytes");
    assertThat(problems.get(4).asText()).endsWith("no answer within 3000 ms");
  }

  @Test
  void withoutFallbackTheBestIsSaidAndNothingIsBadGateway() throws Exception {
    behaviours = List.of(status(500), says("3"));
    startGateway(1, null, 8);
    JsonNode reply = JSON.readTree(post(QUESTION).body());
    assertThat(reply.at("/choices/0/message/content").asText()).isEqualTo("3");
    assertThat(reply.at("/gateway/outcome").asText()).isEqualTo("best");

    behaviours = List.of(status(404));
    HttpResponse<String> failed = post(QUESTION);
    assertThat(failed.statusCode()).isEqualTo(502);
    assertThat(JSON.readTree(failed.body()).at("/error/message").asText()).startsWith("no attempt had an answer");
    assertThat(decisions().getLast().get("outcome").asText()).isEqualTo("failed");
  }

  @Test
  void whatCannotBeAnsweredIsRefused() throws Exception {
    behaviours = List.of(says("2"));
    startGateway(0, null, 8);
    for (String body : List.of("", "{", "[]", "{\"messages\": []}", "{\"messages\": [{\"role\": \"user\"}]}",
        "{\"messages\": [{\"role\": \"assistant\", \"content\": \"x\"}]}",
        QUESTION.replace("}]", "}], \"stream\": true"),
        QUESTION.replace("}]", "}], \"n\": 2"))) {
      assertThat(post(body).statusCode()).as(body).isEqualTo(400);
    }
    assertThat(post(QUESTION + " ".repeat(1000)).statusCode()).isEqualTo(413);
    assertThat(get("/v1/chat/completions").statusCode()).isEqualTo(405);
    assertThat(get("/health").body()).isEqualTo("{\"status\":\"up\"}");
    assertThat(asked).hasValue(0);
    assertThat(post(QUESTION).statusCode()).isEqualTo(200);
  }

  @Test
  void closingAnswersWhatWasAcceptedAndMoreThanTheRoomIsRefused() throws Exception {
    behaviours = List.of(exchange -> {
      await();
      says("2").reply(exchange);
    });
    writer.close();
    writer = TextGenerator.open("http://127.0.0.1:" + generator.getAddress().getPort() + "/v1/chat/completions",
        new GenerationSettings("m", 1, 16, 3), Duration.ofSeconds(60), 0);
    startGateway(0, null, 1);
    Future<HttpResponse<String>> accepted = threads.submit(() -> post(QUESTION));
    Awaitility.await().until(() -> asked.get() == 1);
    HttpResponse<String> refused = post(QUESTION);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.headers().firstValue("Retry-After")).contains("1");

    Future<?> closed = threads.submit(gateway::close);
    Awaitility.await().until(() -> get("/health").statusCode() == 503);
    release.countDown();
    assertThat(accepted.get(20, TimeUnit.SECONDS).body()).contains("\"content\":\"2\"");
    closed.get(20, TimeUnit.SECONDS);
    assertThatThrownBy(() -> post(QUESTION)).isInstanceOf(IOException.class);
  }

  private void await() {
    try {
      release.await(30, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static Behaviour says(String answer) {
    return text("{\"choices\": [{\"message\": {\"role\": \"assistant\", \"content\": \"" + answer + "\"}}]}");
  }

  private static Behaviour text(String body) {
    return exchange -> {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    };
  }

  private static Behaviour status(int status) {
    return exchange -> exchange.sendResponseHeaders(status, -1);
  }

  private List<JsonNode> decisions() throws IOException {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("log.jsonl"))) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private HttpResponse<String> post(String body) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(address("/v1/chat/completions"))
        .POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(address(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + gateway.port() + path);
  }
}
