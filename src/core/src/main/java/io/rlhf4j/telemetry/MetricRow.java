package io.rlhf4j.telemetry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * One line of a run's metrics.
 *
 * @param stage sft, reward, ppo, ...
 * @param step of the stage, as it was logged
 * @param values by name, in the order of the line; what was not finite is left out
 */
public record MetricRow(String stage, long step, Map<String, Double> values) {

  private static final ObjectMapper JSON = new ObjectMapper();

  public MetricRow {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * The lines of {@code metrics.jsonl}, of which a running process may be writing the last; none if there is no file.
   */
  public static List<MetricRow> read(Path file) {
    if (Files.notExists(file)) {
      return List.of();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines.flatMap(line -> parsed(line).stream()).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  private static Optional<MetricRow> parsed(String line) {
    try {
      JsonNode object = JSON.readTree(line);
      Map<String, Double> values = new LinkedHashMap<>();
      object.properties().stream().filter(field -> field.getValue().isNumber() && !field.getKey().equals("step"))
          .forEach(field -> values.put(field.getKey(), field.getValue().doubleValue()));
      return object.path("stage").isTextual()
          ? Optional.of(new MetricRow(object.path("stage").asText(), object.path("step").asLong(), values))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }
}
