package io.rlhf4j.rpc;

import io.rlhf4j.proto.v1.Metric;
import io.rlhf4j.proto.v1.Metrics;
import java.util.LinkedHashMap;
import java.util.Map;

/** Metrics, in their order. */
public final class MetricsCodec {

  private MetricsCodec() {}

  public static Metrics toMessage(Map<String, Double> metrics) {
    Metrics.Builder message = Metrics.newBuilder();
    metrics.forEach((name, value) -> message.addMetrics(Metric.newBuilder().setName(name).setValue(value)));
    return message.build();
  }

  public static Map<String, Double> fromMessage(Metrics message) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    message.getMetricsList().forEach(metric -> metrics.put(metric.getName(), metric.getValue()));
    return metrics;
  }
}
