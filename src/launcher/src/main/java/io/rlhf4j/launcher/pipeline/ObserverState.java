package io.rlhf4j.launcher.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What the observer of a PPO run remembers in a checkpoint.
 *
 * @param finished iterations that are done
 * @param firstRatioError see {@link PpoReport}
 * @param metricsBytes length of metrics.jsonl
 * @param samplesBytes length of samples.jsonl
 * @param best the evaluation to beat, whose actor was kept
 * @param before the evaluation before the first iteration
 */
record ObserverState(int finished, double firstRatioError, long metricsBytes, long samplesBytes, BestEvaluation best,
    Evaluation before) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FILE = "observer.json";

  void write(Path directory) throws IOException {
    ObjectNode root = JSON.createObjectNode().put("finished", finished).put("first_ratio_error", firstRatioError)
        .put("metrics_bytes", metricsBytes).put("samples_bytes", samplesBytes);
    if (best.finished() >= 0) {
      root.put("best_finished", best.finished()).put("best_value", best.value());
    }
    root.set("before", JSON.valueToTree(before.rows()));
    JSON.writeValue(directory.resolve(FILE).toFile(), root);
  }

  static ObserverState read(Path directory) throws IOException {
    JsonNode root = JSON.readTree(directory.resolve(FILE).toFile());
    List<Evaluation.Answer> answers = new ArrayList<>();
    root.path("before").forEach(row -> answers.add(Evaluation.Answer.of(row)));
    return new ObserverState(root.path("finished").asInt(), root.path("first_ratio_error").asDouble(Double.NaN),
        root.path("metrics_bytes").asLong(), root.path("samples_bytes").asLong(),
        new BestEvaluation(root.path("best_finished").asInt(-1), root.path("best_value").asDouble(Double.NaN)),
        new Evaluation(answers));
  }
}
