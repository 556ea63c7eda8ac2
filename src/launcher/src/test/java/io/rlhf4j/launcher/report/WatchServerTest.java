package io.rlhf4j.launcher.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.launcher.stage.FileOutput;
import io.rlhf4j.telemetry.MetricsLog;
import java.io.IOException;
import java.io.StringReader;
import java.net.InetAddress;
import java.net.Socket;
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
import java.util.Map;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class WatchServerTest {

  private static final String HOSTILE = "</td><script>alert(1)</script>";

  private final HttpClient browser = HttpClient.newHttpClient();

  @TempDir
  private Path run;
  private WatchServer server;

  @BeforeEach
  void aRunUnderWay() throws IOException {
    Files.writeString(run.resolve("config.yaml"), "name: watched\n");
    log(1, 0.5);
    Files.writeString(run.resolve("samples.jsonl"), FileOutput.lines(List.of(
        sample(1, "a lamp", "sorry about your lamp", 1.5, 0.25), sample(1, "a bike", HOSTILE, -2.0, 4.0),
        sample(2, "a Lamp?", "we send a new one", 3.0, 1.0)))
        + "{\"step\": 2, \"response\": \"no numbers\"}\n{\"step\": 3, \"resp");
    server = WatchServer.start(run, "127.0.0.1", 0, Duration.ZERO);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void curvesFollowTheRun() throws Exception {
    HttpResponse<String> first = get("/");
    assertThat(first.body()).contains("data-state=\"running\"", "src=\"watch.js\"", "href=\"samples\"", ">0.5<");
    assertThat(first.headers().firstValue("Content-Security-Policy").orElseThrow())
        .contains("default-src 'none'", "script-src 'self'").doesNotContain("unsafe-eval");
    assertThat(cells(first.body())).contains("a bike", HOSTILE, "-2");

    log(2, 0.75);
    Files.writeString(run.resolve("finished"), "");
    assertThat(get("/").body()).contains("data-state=\"finished\"", ">0.75<");
    assertThat(get("/watch.js").body()).contains("dataset.state === 'running'");
  }

  @Test
  void answersAreFoundSortedAndPaged() throws Exception {
    assertThat(cells(get("/samples").body())).containsExactly("2", "", "no numbers", "", "",
        "2", "a Lamp?", "we send a new one", "3", "1", "1", "a bike", HOSTILE, "-2", "4",
        "1", "a lamp", "sorry about your lamp", "1.5", "0.25");
    assertThat(steps("text=LAMP&order=oldest")).containsExactly("1", "2");
    assertThat(steps("step=2&text=")).containsExactly("2", "2");
    assertThat(responses("order=best")).containsExactly("we send a new one", "sorry about your lamp", HOSTILE,
        "no numbers");
    assertThat(responses("order=worst")).startsWith(HOSTILE).endsWith("no numbers");
    assertThat(responses("order=farthest")).startsWith(HOSTILE, "we send a new one");
    assertThat(responses("order=longest")).startsWith(HOSTILE, "sorry about your lamp");
    assertThat(get("/samples?text=nothing+has+this").body()).contains("0 answers").contains("page 1 of 1");
  }

  @Test
  void pagesHoldTwentyFiveAnswers() throws Exception {
    Files.writeString(run.resolve("samples.jsonl"), FileOutput.lines(
        IntStream.range(0, 60).mapToObj(i -> sample(i, "p", "answer " + i, i, 0)).toList()));
    assertThat(steps("order=oldest&page=1")).hasSize(25).startsWith("25").endsWith("49");
    assertThat(steps("order=best&page=2")).containsExactly("9", "8", "7", "6", "5", "4", "3", "2", "1", "0");
    assertThat(get("/samples?order=best&page=1&text=answer").body())
        .contains("60 answers", "page 2 of 3", "samples?text=answer&amp;step=&amp;order=best&amp;page=2");
    assertThat(steps("page=3")).isEmpty();
  }

  @Test
  void answersOfAFlywheelAreThoseOfItsRounds() throws Exception {
    Files.delete(run.resolve("samples.jsonl"));
    for (int round = 0; round < 2; round++) {
      Path directory = Files.createDirectories(run.resolve("round-" + round));
      Files.writeString(directory.resolve("answers.jsonl"),
          "{\"prompt\": \"q\", \"response\": \"of %d\", \"gold\": %d.5, \"reward\": 1}\n".formatted(round, round));
    }
    assertThat(cells(get("/samples").body())).containsExactly("1", "q", "of 1gold 1.5", "1", "",
        "0", "q", "of 0gold 0.5", "1", "");
  }

  @Test
  void whatIsWrongWithAnAddressIsSaid() throws Exception {
    assertThat(get("/samples?page=200").body()).isEqualTo("page: is '200', must be a whole number from 0 to 199\n");
    assertThat(get("/samples?order=random").body()).startsWith("order: is 'random', must be one of newest, oldest");
    assertThat(get("/samples?step=-1").statusCode()).isEqualTo(400);
    assertThat(get("/../config.yaml").statusCode()).isEqualTo(404);
    assertThat(get("/config.yaml").statusCode()).isEqualTo(404);
    HttpRequest post = HttpRequest.newBuilder(address("/")).POST(HttpRequest.BodyPublishers.ofString("x")).build();
    assertThat(browser.send(post, HttpResponse.BodyHandlers.ofString()).statusCode()).isEqualTo(405);
  }

  @Test
  void aPageFromElsewhereCannotReachItUnderANameOfItsOwn() throws Exception {
    assertThat(statusFor("evil.example:" + server.port())).contains(" 403 ");
    assertThat(statusFor("127.0.0.1.evil.example")).contains(" 403 ");
    assertThat(statusFor("localhost:" + server.port())).contains(" 200 ");
    assertThat(statusFor("[::1]:" + server.port())).contains(" 200 ");
  }

  @Test
  void whereThereIsNoRunItDoesNotStart() {
    assertThatThrownBy(() -> WatchServer.start(run.resolve("absent"), "127.0.0.1", 0))
        .isInstanceOf(InputException.class).hasMessageContaining("absent: is no directory");
    assertThatThrownBy(() -> WatchServer.start(run, "127.0.0.1", server.port()))
        .isInstanceOf(InputException.class).hasMessageContaining("cannot listen on 127.0.0.1:" + server.port());
  }

  private void log(int step, double loss) {
    try (MetricsLog log = MetricsLog.open(run.resolve("metrics.jsonl"), run.resolve("tensorboard"))) {
      log.log("sft", step, Map.of("loss", loss));
    }
  }

  private static Map<String, Object> sample(int step, String prompt, String response, double reward, double kl) {
    return Map.of("step", step, "prompt", prompt, "response", response, "reward", reward, "kl", kl);
  }

  private URI address(String path) {
    return URI.create("http://127.0.0.1:" + server.port() + path);
  }

  private HttpResponse<String> get(String path) throws Exception {
    return browser.send(HttpRequest.newBuilder(address(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  private String statusFor(String host) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(("GET /samples HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n")
          .getBytes(StandardCharsets.US_ASCII));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().findFirst()
          .orElseThrow();
    }
  }

  private List<String> steps(String query) throws Exception {
    return column(query, 0);
  }

  private List<String> responses(String query) throws Exception {
    return column(query, 2);
  }

  private List<String> column(String query, int column) throws Exception {
    List<String> cells = cells(get("/samples?" + query).body());
    return IntStream.range(0, cells.size()).filter(i -> i % 5 == column).mapToObj(cells::get).toList();
  }

  /** Texts of the table's cells, five a row; the page must be XML. */
  private static List<String> cells(String page) throws Exception {
    NodeList found = parsed(page);
    List<String> cells = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      cells.add(found.item(i).getTextContent());
    }
    return cells;
  }

  private static NodeList parsed(String page) throws Exception {
    return DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(page)))
        .getElementsByTagName("td");
  }
}
