package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.RewardStep;
import io.rlhf4j.reward.RewardTrainingListener;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * Writes the steps of reward training to the metrics ({@code reward}, {@code reward_eval} and, for each part of the
 * test pairs, {@code reward_eval/NAME}) and shows them.
 */
final class RewardMetrics implements RewardTrainingListener {

  static final String PART = "reward_eval/";

  private final MetricsLog metrics;
  private final Set<String> parts;
  private final StepLog<RewardStep> log;
  private Map<String, RewardEvaluation> lastByPart = Map.of();

  /** @param parts names of the parts of the test pairs */
  RewardMetrics(MetricsLog metrics, Progress progress, int loggingSteps, Set<String> parts) {
    this.metrics = metrics;
    this.parts = Set.copyOf(parts);
    this.log = new StepLog<>(metrics, progress, loggingSteps, RewardMetrics::means);
  }

  /** All that the stage writes, for parts of these names. */
  static Set<String> stages(Set<String> parts) {
    Set<String> stages = new LinkedHashSet<>(List.of("reward", "reward_eval"));
    parts.forEach(part -> stages.add(PART + part));
    return stages;
  }

  /** What the newest evaluation has found in each part. */
  Map<String, RewardEvaluation> lastByPart() {
    return lastByPart;
  }

  @Override
  public void resumed(int step) {
    metrics.rewind(stages(parts), step);
    log.resumed(step);
  }

  @Override
  public void stepped(RewardStep step) {
    log.stepped(step, step.step(), step.totalSteps(), step.loss(), step.accuracy());
  }

  /** Means over the pairs of all steps; sums where sums say more. */
  private static Map<String, Number> means(List<RewardStep> steps) {
    RewardStep last = steps.getLast();
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("epoch", last.epoch());
    values.put("loss", mean(steps, RewardStep::loss));
    values.put("penalty", mean(steps, RewardStep::penalty));
    values.put("accuracy", mean(steps, RewardStep::accuracy));
    values.put("chosen", mean(steps, RewardStep::chosenMean));
    values.put("rejected", mean(steps, RewardStep::rejectedMean));
    values.put("margin", mean(steps, RewardStep::margin));
    values.put("ties", steps.stream().mapToInt(RewardStep::ties).sum());
    values.put("score_min", steps.stream().mapToDouble(RewardStep::scoreMin).min().orElseThrow());
    values.put("score_max", steps.stream().mapToDouble(RewardStep::scoreMax).max().orElseThrow());
    values.put("grad_norm", mean(steps, RewardStep::gradientNorm));
    values.put("learning_rate", last.learningRate());
    values.put("pairs", steps.stream().mapToInt(RewardStep::pairs).sum());
    values.put("tokens", steps.stream().mapToLong(RewardStep::tokens).sum());
    values.put("tokens_seen", last.tokensSeen());
    values.put("skipped", steps.stream().filter(step -> !step.applied()).count());
    return values;
  }

  private static double mean(List<RewardStep> steps, ToDoubleFunction<RewardStep> value) {
    if (steps.size() == 1) {
      return value.applyAsDouble(steps.getFirst());
    }
    double pairs = steps.stream().mapToInt(RewardStep::pairs).sum();
    return steps.stream().mapToDouble(step -> value.applyAsDouble(step) * step.pairs()).sum() / pairs;
  }

  @Override
  public void evaluated(int step, RewardEvaluation evaluation, double loss, Map<String, RewardEvaluation> byPart) {
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("loss", loss);
    values.putAll(values(evaluation));
    values.putAll(bins("chosen_bin_", evaluation.histogram().chosen()));
    values.putAll(bins("rejected_bin_", evaluation.histogram().rejected()));
    log.evaluated(step, values);
    byPart.forEach((name, part) -> metrics.log(PART + name, step, values(part)));
    lastByPart = byPart;
  }

  /** Counts of the bins from {@code score_min} to {@code score_max}, all of the same width. */
  private static Map<String, Number> bins(String name, List<Integer> counts) {
    Map<String, Number> values = new LinkedHashMap<>();
    for (int bin = 0; bin < counts.size(); bin++) {
      values.put(name + (bin + 1), counts.get(bin));
    }
    return values;
  }

  /** What an evaluation tells. */
  static Map<String, Number> values(RewardEvaluation evaluation) {
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("pairs", evaluation.pairs());
    values.put("correct", evaluation.correct());
    values.put("ties", evaluation.ties());
    values.put("accuracy", evaluation.accuracy().value());
    values.put("accuracy_low", evaluation.accuracy().low());
    values.put("accuracy_high", evaluation.accuracy().high());
    values.put("chosen", evaluation.chosenMean());
    values.put("rejected", evaluation.rejectedMean());
    values.put("margin", evaluation.margin());
    values.put("score_mean", evaluation.scoreMean());
    values.put("score_std", evaluation.scoreStd());
    values.put("score_min", evaluation.range().min());
    values.put("score_p10", evaluation.range().low());
    values.put("score_median", evaluation.range().median());
    values.put("score_p90", evaluation.range().high());
    values.put("score_max", evaluation.range().max());
    return values;
  }
}
