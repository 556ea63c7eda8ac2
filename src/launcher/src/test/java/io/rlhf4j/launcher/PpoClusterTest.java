package io.rlhf4j.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.rlhf4j.rpc.RoleName;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One recipe in one JVM, and in five that are started as a user would start them. */
@Tag("process")
class PpoClusterTest {

  @TempDir
  private Path directory;

  private final List<Process> children = new ArrayList<>();

  @AfterEach
  void stopNodes() {
    children.forEach(Process::destroyForcibly);
  }

  @Test
  void fiveProcessesPrintTheNumbersOfOne() throws Exception {
    TinyRun tiny = TinyRun.in(directory);
    String port = String.valueOf(freePort());
    Process coordinator = start("coordinator", "ppo", tiny.recipe().toString(), "-o", "name=separate", "-o",
        "cluster.port=" + port);
    for (RoleName role : RoleName.values()) {
      start(role.label(), "node", "--role", role.label(), "--join", "127.0.0.1:" + port);
    }
    boolean ended = coordinator.waitFor(5, TimeUnit.MINUTES);
    assertThat(ended && coordinator.exitValue() == 0).as("%s", logs()).isTrue();

    TinyRun.Result embedded = tiny.ppo("-o", "name=embedded");
    assertThat(embedded.code()).as(embedded.err()).isZero();
    assertThat(tiny.rows("separate", "ppo")).hasSize(3);
    assertSame(tiny, "separate", "embedded",
        List.of("samples.jsonl", "final/actor/model.safetensors", "final/critic/model.safetensors"));
    assertThat(Files.readString(log("coordinator"))).contains("waiting at 127.0.0.1:" + port,
        "as it should be (below 1e-4)");
  }

  @Test
  void rolesThatShareAJvmPrintTheSameAndTheirStatusIsShown() throws Exception {
    TinyRun tiny = TinyRun.in(directory);
    String port = String.valueOf(freePort());
    Process coordinator = start("coordinator", "ppo", tiny.recipe().toString(), "-o", "name=shared", "-o",
        "cluster.port=" + port);
    start("first", "node", "--roles", "actor,reference", "--device", "cpu", "--join", "127.0.0.1:" + port,
        "--metrics-port",
        "0");
    Awaitility.await().atMost(Duration.ofMinutes(4)).until(() -> status(port), line -> line.out().contains(
        "missing: critic, no node has joined with it\nmissing: reward, no node has joined with it")
        && line.out().contains("reference    cpu") && line.out().contains("run shared: waiting for the roles"));
    Awaitility.await().atMost(Duration.ofMinutes(4)).until(() -> Files.readString(log("coordinator")),
        text -> text.contains("still waiting for critic (no node has joined with it), reward"));
    URI meters =
        URI.create(Files.readString(log("first")).replaceAll("(?s).*metrics at (http://\\S+/metrics).*", "$1"));
    assertThat(HttpClient.newHttpClient().send(HttpRequest.newBuilder(meters).build(),
        HttpResponse.BodyHandlers.ofString()).body()).contains("rlhf_cluster_members", "jvm_memory_used_bytes");
    JsonNode json = new ObjectMapper().readTree(
        TinyRun.execute(List.of("status", tiny.root("shared").toString(), "--json")).out());
    assertThat(json.path("members")).hasSize(2).allMatch(member -> member.path("reachable").asBoolean());
    assertThat(json.path("missing").path("critic").asText()).isEqualTo("no node has joined with it");
    assertThat(json.path("run").path("run").asText()).isEqualTo("shared");
    start("second", "node", "--roles", "critic,reward", "--join", "127.0.0.1:" + port);
    boolean ended = coordinator.waitFor(5, TimeUnit.MINUTES);
    assertThat(ended && coordinator.exitValue() == 0).as("%s", Files.readString(log("coordinator"))).isTrue();

    assertThat(tiny.ppo("-o", "name=embedded").code()).isZero();
    assertThat(tiny.metrics("shared")).isEqualTo(tiny.metrics("embedded"));
    assertThat(Files.mismatch(tiny.root("shared").resolve("final/actor/model.safetensors"),
        tiny.root("embedded").resolve("final/actor/model.safetensors"))).isEqualTo(-1);
    assertThat(TinyRun.execute(List.of("status", tiny.root("shared").toString())).err())
        .contains("holds a finished run, so there is nobody to ask");
  }

  @Test
  void aStatusThatNobodyAnswersIsOneLine() throws Exception {
    String nobody = "127.0.0.1:" + freePort();
    TinyRun.Result refused = TinyRun.execute(List.of("status", "--join", nobody));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err().lines()).hasSize(1).first().asString()
        .contains("--join: nobody answers at " + nobody + ": Connection refused");
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      TinyRun.Result other = TinyRun.execute(List.of("status", "--join", "127.0.0.1:" + silent.getLocalPort()));
      assertThat(other.code()).isEqualTo(2);
      assertThat(other.err()).contains("does not answer as a node of rlhf4j");
    }
    assertThat(TinyRun.execute(List.of("node", "--role", "actor,actor", "--join", nobody)).err())
        .isEqualTo("rlhf: --role: names the actor twice\n");
    assertThat(TinyRun.execute(List.of("node", "--role", "judge", "--join", nobody)).err())
        .contains("--role: is judge, must be one of actor, critic, reward, reference");
  }

  private static TinyRun.Result status(String port) {
    return TinyRun.execute(List.of("status", "--join", "127.0.0.1:" + port));
  }

  /**
   * The nodes of three roles serve one run after the other; a critic is not waited for. Other estimators than the first
   * with {@code -Drlhf4j.processes=true}.
   */
  @Test
  void withoutACriticThreeProcessesPrintTheNumbersOfOne() throws Exception {
    TinyRun tiny = TinyRun.in(directory);
    String port = String.valueOf(freePort());
    start("reference", "node", "--role", "reference", "--port", port, "--join", "127.0.0.1:" + port);
    start("actor", "node", "--role", "actor", "--join", "127.0.0.1:" + port);
    start("reward", "node", "--role", "reward", "--join", "127.0.0.1:" + port);
    List<String> estimators = List.of("rloo", "group_norm", "reinforce++");
    for (String estimator : Boolean.getBoolean("rlhf4j.processes") ? estimators : estimators.subList(0, 1)) {
      String name = estimator.replace('+', 'p');
      List<String> keys = List.of("-o", "ppo={iterations: 2, advantage_estimator: " + estimator + "}", "-o",
          "sft.epochs=0", "-o", "reward.max_steps=1", "-o", "name=" + name);
      TinyRun.Result separate = tiny.ppo(with(keys, "-o", "cluster.seed_nodes=['127.0.0.1:" + port + "']"));
      assertThat(separate.code()).as("%s: %s%n%s", estimator, separate.err(), logs()).isZero();
      TinyRun.Result embedded = tiny.ppo(with(keys, "-o", "name=embedded-" + name));
      assertThat(embedded.code()).as(embedded.err()).isZero();
      assertThat(tiny.rows(name, "ppo")).hasSize(2);
      assertSame(tiny, name, "embedded-" + name, List.of("samples.jsonl", "final/actor/model.safetensors"));
      assertThat(tiny.root(name).resolve("final/critic")).doesNotExist();
    }
  }

  private static String[] with(List<String> keys, String... more) {
    return Stream.concat(keys.stream(), Stream.of(more)).toArray(String[]::new);
  }

  private static void assertSame(TinyRun tiny, String one, String other, List<String> files) throws IOException {
    assertThat(tiny.metrics(one)).isEqualTo(tiny.metrics(other));
    for (String file : files) {
      assertThat(Files.mismatch(tiny.root(one).resolve(file), tiny.root(other).resolve(file))).as(file).isEqualTo(-1);
    }
  }

  private Process start(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    Process child =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log(name).toFile()).start();
    children.add(child);
    return child;
  }

  private Path log(String name) {
    return directory.resolve(name + ".log");
  }

  private String logs() throws IOException {
    StringBuilder all = new StringBuilder();
    for (String name : List.of("coordinator", "actor", "critic", "reward", "reference")) {
      if (Files.exists(log(name))) {
        all.append("\n--- ").append(name).append('\n').append(Files.readString(log(name)));
      }
    }
    return all.toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
