package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.rlhf4j.reward.kind.Answer;
import io.rlhf4j.reward.kind.AnswerReward;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code rlhf reward serve} in a JVM of its own, ended by SIGTERM in the middle of its work. */
@Tag("process")
class RewardServeProcessTest {

  @TempDir
  private Path directory;

  /** Scores the length, once a file is there. */
  public static final class Patient implements AnswerReward {

    private final Path started;
    private final Path go;

    public Patient(List<String> directory) {
      this.started = Path.of(directory.getFirst(), "started");
      this.go = Path.of(directory.getFirst(), "go");
    }

    @Override
    public double[] scoreAnswers(List<Answer> answers) {
      try {
        Files.writeString(started, "");
        while (!Files.exists(go)) {
          TimeUnit.MILLISECONDS.sleep(10);
        }
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
      return answers.stream().mapToDouble(answer -> answer.text().length()).toArray();
    }
  }

  @Test
  void sigtermAnswersWhatWasAccepted() throws Exception {
    Path recipe = Files.writeString(directory.resolve("slow.yaml"),
        "rewards: [{kind: java, class_name: '%s', arguments: ['%s']}]\n".formatted(Patient.class.getName(), directory));
    Path output = directory.resolve("output");
    Process server = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Main.class.getName(),
        "reward", "serve", recipe.toString(), "--port", "0", "--grpc-port", "0").redirectErrorStream(true)
        .redirectOutput(output.toFile()).start();
    try {
      Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> Files.readString(output).contains("/get_reward"));
      URI address = URI.create(Files.readString(output).replaceAll("(?s).*(http://\\S+/get_reward).*", "$1"));
      HttpClient client = HttpClient.newHttpClient();
      CompletableFuture<HttpResponse<String>> accepted =
          client.sendAsync(HttpRequest.newBuilder(address).POST(HttpRequest.BodyPublishers.ofString(
              "{\"responses\": [\"four\"], \"prompts\": [\"q\"]}")).build(), HttpResponse.BodyHandlers.ofString());
      Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(directory.resolve("started")));

      server.toHandle().destroy();
      Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> client.send(
          HttpRequest.newBuilder(address.resolve("/health")).build(), HttpResponse.BodyHandlers.ofString())
          .statusCode() == 503);
      assertThat(accepted).isNotDone();
      Files.writeString(directory.resolve("go"), "");

      assertThat(accepted.get(1, TimeUnit.MINUTES).body()).startsWith("{\"rewards\":[4.0]");
      assertThat(server.waitFor(1, TimeUnit.MINUTES)).isTrue();
      assertThat(Files.readString(output)).contains("every accepted request is answered");
    } finally {
      server.destroyForcibly();
    }
  }
}
