package io.rlhf4j.actor.dpo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;

/** Means of metrics over the steps of a pass. */
final class StepMeans {

  private final Map<String, Double> sums = new LinkedHashMap<>();
  private int steps;

  void add(Map<String, Double> metrics) {
    metrics.forEach((name, value) -> sums.merge(name, value, Double::sum));
    steps++;
  }

  /** For a checkpoint. */
  ObjectNode toJson() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("steps", steps);
    ObjectNode values = json.putObject("sums");
    sums.forEach(values::put);
    return json;
  }

  static StepMeans fromJson(JsonNode json) {
    StepMeans means = new StepMeans();
    means.steps = json.path("steps").asInt();
    json.path("sums").properties().forEach(entry -> means.sums.put(entry.getKey(), entry.getValue().asDouble()));
    return means;
  }

  Map<String, Double> toMap() {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, sum) -> means.put(name, sum / steps));
    return means;
  }
}
