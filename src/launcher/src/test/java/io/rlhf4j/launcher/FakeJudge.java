package io.rlhf4j.launcher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server with OpenAI-compatible chat completions that judges two answers: the one with more characters is better, two
 * of the same length are a tie, and about answers that contain an "x" it says nothing that can be read.
 */
final class FakeJudge implements AutoCloseable {

  private static final String TEMPLATE = "{question}\n<A>{answer_a}<B>{answer_b}<END>";

  private final HttpServer server;
  private final AtomicInteger questions = new AtomicInteger();

  FakeJudge() throws IOException {
    ObjectMapper json = new ObjectMapper();
    server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/v1/chat/completions", exchange -> {
      questions.incrementAndGet();
      JsonNode request = json.readTree(exchange.getRequestBody());
      String text = request.path("messages").path(0).path("content").asText();
      var reply = json.createObjectNode();
      reply.putArray("choices").addObject().putObject("message").put("content", verdict(between(text, "<A>", "<B>"),
          between(text, "<B>", "<END>")));
      byte[] body = reply.toString().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
  }

  private static String between(String text, String from, String to) {
    return text.substring(text.indexOf(from) + from.length(), text.lastIndexOf(to));
  }

  private static String verdict(String a, String b) {
    if (isUnreadable(a, b)) {
      return "I would rather not say.";
    }
    return a.length() == b.length() ? "[[C]]" : a.length() > b.length() ? "[[A]]" : "[[B]]";
  }

  /** Whether it says nothing about these two. */
  static boolean isUnreadable(String a, String b) {
    return (a + b).contains("x");
  }

  /** Questions so far. */
  int questions() {
    return questions.get();
  }

  /** The judge as a list of rewards; writes its template into the directory. */
  String section(Path directory) throws IOException {
    Path template = Files.writeString(directory.resolve("template.txt"), TEMPLATE);
    return "[{kind: judge, mode: pairwise, models: ['http://127.0.0.1:" + server.getAddress().getPort()
        + "/v1/chat/completions'], template: '" + template + "'}]";
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
