package io.rlhf4j.launcher.ppo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.config.InputException;
import io.rlhf4j.telemetry.MetricsEndpoint;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Prometheus reads after a run. */
class PpoMetersTest {

  @TempDir
  Path directory;

  @Test
  void aRunIsMeasured() throws Exception {
    Path model = Files.createDirectories(directory.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    try (MetricsEndpoint endpoint = MetricsEndpoint.start("127.0.0.1", 0)) {
      PpoRun.execute(new ToyRun(directory.resolve("saved")).spec(model, Map.of(),
          new Placement.Embedded(ToyRoles.factories(), directory.resolve("work"))));
      String text = get(endpoint.port(), "/metrics", "GET").body();
      assertThat(text).contains("rlhf_ppo_iterations_total 3.0", "rlhf_ppo_step 3.0", "rlhf_cluster_members ",
          "rlhf_cluster_events_total{event=\"up\"} 1.0", "rlhf_ppo_value{name=",
          "rlhf_role_replacements_total{role=\"actor\"} 0.0", "rlhf_role_replacements_total{role=\"critic\"} 0.0",
          "rlhf_role_replacements_total{role=\"reward\"} 0.0", "rlhf_role_replacements_total{role=\"reference\"} 0.0",
          "rlhf_grpc_server_duration_seconds_count{code=\"OK\",method=\"rlhf4j.v1.ActorService/Generate\"}",
          "rlhf_grpc_client_duration_seconds_count{code=\"OK\",method=\"rlhf4j.v1.CriticService/Update\"} 3",
          "rlhf_role_work_duration_seconds_count{role=\"reward\"}", "jvm_threads_live_threads",
          "rlhf_kernel_cpu_time_seconds_total ");
      // Evaluations before the first iteration, after the second and after the last; checkpoints at the first two.
      Map<String, Integer> phases = Map.of("generating", 3, "scoring", 3, "experience", 3, "learning", 3, "evaluation",
          3, "checkpoint", 2);
      phases.forEach((phase, count) -> assertThat(text).contains(
          "rlhf_ppo_phase_duration_seconds_count{phase=\"" + phase + "\"} " + count + "\n"));
      assertThat(get(endpoint.port(), "/healthz", "GET").body()).isEqualTo("up\n");
      assertThat(get(endpoint.port(), "/metrics", "DELETE").statusCode()).isEqualTo(405);
      assertThatThrownBy(() -> MetricsEndpoint.start("127.0.0.1", endpoint.port())).isInstanceOf(InputException.class)
          .hasMessageStartingWith("--metrics-port: cannot listen on 127.0.0.1:" + endpoint.port());
    }
  }

  private static HttpResponse<String> get(int port, String path, String method) throws Exception {
    return HttpClient.newHttpClient().send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .method(method, HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
  }
}
