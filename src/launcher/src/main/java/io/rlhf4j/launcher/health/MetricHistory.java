package io.rlhf4j.launcher.health;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The metrics of the iterations so far. */
final class MetricHistory {

  private final List<Map<String, Double>> iterations = new ArrayList<>();

  void add(Map<String, Double> metrics) {
    iterations.add(metrics);
  }

  int length() {
    return iterations.size();
  }

  /** The latest value; NaN, which no comparison holds for, if it is not measured in this run. */
  double now(String metric) {
    return iterations.getLast().getOrDefault(metric, Double.NaN);
  }

  /** The value of the first iteration. */
  double first(String metric) {
    return iterations.getFirst().getOrDefault(metric, Double.NaN);
  }

  /** The value {@code count} iterations before the latest; NaN if there are not so many. */
  double before(int count, String metric) {
    int index = iterations.size() - 1 - count;
    return index < 0 ? Double.NaN : iterations.get(index).getOrDefault(metric, Double.NaN);
  }
}
