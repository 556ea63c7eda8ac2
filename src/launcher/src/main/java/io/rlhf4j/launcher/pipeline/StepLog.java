package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Shows every step of reward training and writes each {@code loggingSteps} of them as one line of the metrics.
 *
 * @param <S> what a step leaves behind
 */
final class StepLog<S> {

  private static final String TRAINING = "reward";
  private static final String EVALUATION = "reward_eval";

  private final MetricsLog metrics;
  private final Progress progress;
  private final int loggingSteps;
  private final Function<List<S>, Map<String, Number>> means;
  private final List<S> window = new ArrayList<>();
  /** Since when the steps of the window have run, {@link System#nanoTime}. */
  private long since = System.nanoTime();

  /** @param means what stands in the line of so many steps, {@code tokens} among it */
  StepLog(MetricsLog metrics, Progress progress, int loggingSteps, Function<List<S>, Map<String, Number>> means) {
    this.metrics = metrics;
    this.progress = progress;
    this.loggingSteps = loggingSteps;
    this.means = means;
  }

  /** Steps before {@code step} come from a checkpoint: what was written after them will be written again. */
  void resumed(int step) {
    metrics.rewind(Set.of(TRAINING, EVALUATION), step);
    for (int done = 0; done < step; done++) {
      progress.advance("");
    }
  }

  void stepped(S values, int step, int totalSteps, double loss, double accuracy) {
    window.add(values);
    progress.advance("loss %.3f  accuracy %.2f".formatted(loss, accuracy));
    if (step % loggingSteps == 0 || step == totalSteps) {
      Map<String, Number> line = new LinkedHashMap<>(means.apply(window));
      long now = System.nanoTime();
      line.put("tokens_per_second", line.get("tokens").longValue() * 1e9 / Math.max(1, now - since));
      metrics.log(TRAINING, step, line);
      since = now;
      window.clear();
    }
  }

  void evaluated(int step, Map<String, Number> values) {
    metrics.log(EVALUATION, step, values);
    since = System.nanoTime();
  }
}
