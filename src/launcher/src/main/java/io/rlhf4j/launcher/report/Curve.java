package io.rlhf4j.launcher.report;

import io.rlhf4j.telemetry.MetricRow;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One metric over the steps of a stage.
 *
 * @param name as the legend says it
 * @param steps ascending, {@code [n]} with {@code n} at least 1
 * @param values {@code [n]}, finite
 */
record Curve(String name, double[] steps, double[] values) {

  /** More points than this are not told apart on a screen. */
  private static final int MAX_POINTS = 400;

  /** The metric in those rows of a stage that have it; empty if none has. */
  static Optional<Curve> of(String name, List<MetricRow> rows, String stage, String metric) {
    List<MetricRow> having = rows.stream().filter(row -> row.stage().equals(stage))
        .filter(row -> Double.isFinite(row.values().getOrDefault(metric, Double.NaN))).toList();
    return having.isEmpty() ? Optional.empty()
        : Optional.of(new Curve(name, having.stream().mapToDouble(MetricRow::step).toArray(),
            having.stream().mapToDouble(row -> row.values().get(metric)).toArray()));
  }

  double first() {
    return values[0];
  }

  double last() {
    return values[values.length - 1];
  }

  /** The same with means of neighbours where there are too many points. */
  Curve thinned() {
    int n = values.length;
    if (n <= MAX_POINTS) {
      return this;
    }
    double[] x = new double[MAX_POINTS];
    double[] y = new double[MAX_POINTS];
    for (int i = 0; i < MAX_POINTS; i++) {
      int from = (int) ((long) n * i / MAX_POINTS);
      int to = (int) ((long) n * (i + 1) / MAX_POINTS);
      x[i] = Arrays.stream(steps, from, to).average().orElseThrow();
      y[i] = Arrays.stream(values, from, to).average().orElseThrow();
    }
    return new Curve(name, x, y);
  }
}
