package io.rlhf4j.rl;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What one iteration learns from.
 *
 * @param experiences in the order of the scored rollouts they were made from
 * @param metrics by name, in the order they should be shown
 */
public record ExperienceBatch(List<Experience> experiences, Map<String, Double> metrics) {

  public ExperienceBatch {
    experiences = List.copyOf(experiences);
    metrics = Collections.unmodifiableMap(new LinkedHashMap<>(metrics));
  }
}
