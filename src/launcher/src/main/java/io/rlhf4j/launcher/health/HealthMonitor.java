package io.rlhf4j.launcher.health;

import io.rlhf4j.telemetry.MetricRow;
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

  /** Under which name the metrics of iterations are logged. */
  public static final String STAGE = "ppo";

  private final MetricHistory history = new MetricHistory();
  private final Set<Signal> on = EnumSet.noneOf(Signal.class);
  private final List<Warning> warnings = new ArrayList<>();

  /** A monitor that has seen the iterations in the metrics of a run, so that it goes on as if it had watched them. */
  public static HealthMonitor after(List<MetricRow> rows) {
    HealthMonitor monitor = new HealthMonitor();
    rows.stream().filter(row -> row.stage().equals(STAGE)).forEach(row -> monitor.observe(row.step(), row.values()));
    return monitor;
  }

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
