package io.rlhf4j.launcher.stage;

import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.train.StepListener;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Metrics and progress of a stage that trains; after an interruption both go on where the checkpoint was. */
final class TrainingLog implements StepListener {

  private final String stage;
  private final MetricsLog metrics;
  private final Progress progress;
  private final List<String> shown;

  /** @param shown names of the metrics that the progress shows */
  TrainingLog(String stage, MetricsLog metrics, Progress progress, String... shown) {
    this.stage = stage;
    this.metrics = metrics;
    this.progress = progress;
    this.shown = List.of(shown);
  }

  @Override
  public void onStep(int step, int totalSteps, long tokens, Map<String, Double> values) {
    metrics.log(stage, step, values);
    progress.advance(String.join("  ", shown.stream()
        .map(name -> String.format(Locale.ROOT, "%s %.3f", name, values.get(name))).toList()));
  }

  @Override
  public void onResume(int step) {
    metrics.rewind(Set.of(stage), step);
    progress.advance(step, "goes on from a checkpoint");
  }
}
