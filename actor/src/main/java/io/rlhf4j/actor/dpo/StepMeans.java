package io.rlhf4j.actor.dpo;

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

  Map<String, Double> toMap() {
    Map<String, Double> means = new LinkedHashMap<>();
    sums.forEach((name, sum) -> means.put(name, sum / steps));
    return means;
  }
}
