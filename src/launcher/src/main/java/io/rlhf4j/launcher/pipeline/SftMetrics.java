package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import io.rlhf4j.train.StepListener;
import java.util.Map;
import java.util.Set;

/**
 * Writes the steps of next-token training to the metrics and shows them.
 *
 * @param stage name in the metrics
 */
public record SftMetrics(MetricsLog metrics, String stage, Progress progress) implements StepListener {

  @Override
  public void onStep(int step, int totalSteps, long tokens, Map<String, Double> values) {
    metrics.log(stage, step, values);
    progress.advance("loss %.3f".formatted(values.get("loss")));
  }

  @Override
  public void onResume(int step) {
    metrics.rewind(Set.of(stage), step);
    progress.advance(step, "goes on from a checkpoint");
  }
}
