package io.rlhf4j.launcher.health;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Warns once when a signal comes on, and again only after it has been off. Keeps what it has seen; one thread at a
 * time.
 */
public final class HealthMonitor {

  private final MetricHistory history = new MetricHistory();
  private final Set<Signal> on = EnumSet.noneOf(Signal.class);
  private final List<Warning> warnings = new ArrayList<>();

  /**
   * What has come on with the metrics of an iteration.
   *
   * @param step from 1
   */
  public List<Warning> observe(long step, Map<String, Double> metrics) {
    history.add(metrics);
    List<Warning> fresh = new ArrayList<>();
    for (Signal signal : Signal.values()) {
      if (!signal.holds(history)) {
        on.remove(signal);
      } else if (on.add(signal)) {
        fresh.add(new Warning(signal.label(), step, signal.text(history)));
      }
    }
    warnings.addAll(fresh);
    return fresh;
  }

  /** Every warning so far, in order. */
  public List<Warning> warnings() {
    return List.copyOf(warnings);
  }
}
