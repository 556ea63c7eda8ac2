package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.process.ProcessListener;
import io.rlhf4j.reward.process.ProcessStep;
import io.rlhf4j.reward.process.StepEvaluation;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToDoubleFunction;

/**
 * Writes the steps of process reward training to the metrics ({@code reward}, {@code reward_eval} and, for each part of
 * the test answers, {@code reward_eval/NAME}) and shows them.
 */
final class ProcessMetrics implements ProcessListener {

  private final MetricsLog metrics;
  private final Set<String> parts;
  private final StepLog<ProcessStep> log;
  private Map<String, StepEvaluation> lastByPart = Map.of();

  /** @param parts names of the parts of the test answers */
  ProcessMetrics(MetricsLog metrics, Progress progress, int loggingSteps, Set<String> parts) {
    this.metrics = metrics;
    this.parts = Set.copyOf(parts);
    this.log = new StepLog<>(metrics, progress, loggingSteps, ProcessMetrics::means);
  }

  /** What the newest evaluation has found in each part. */
  Map<String, StepEvaluation> lastByPart() {
    return lastByPart;
  }

  @Override
  public void resumed(int step) {
    metrics.rewind(RewardMetrics.stages(parts), step);
    log.resumed(step);
  }

  @Override
  public void stepped(ProcessStep step) {
    log.stepped(step, step.at().step(), step.at().totalSteps(), step.loss(), step.accuracy());
  }

  /** Means over the labelled steps of all optimiser steps; sums where sums say more. */
  private static Map<String, Number> means(List<ProcessStep> steps) {
    ProcessStep last = steps.getLast();
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("epoch", last.at().epoch());
    values.put("loss", mean(steps, ProcessStep::loss));
    put(values, "accuracy", mean(steps.stream().filter(step -> !Double.isNaN(step.accuracy())).toList(),
        ProcessStep::accuracy));
    values.put("grad_norm", mean(steps, ProcessStep::gradientNorm));
    values.put("learning_rate", last.at().learningRate());
    values.put("answers", steps.stream().mapToInt(ProcessStep::answers).sum());
    values.put("steps", steps.stream().mapToInt(ProcessStep::steps).sum());
    values.put("tokens", steps.stream().mapToLong(ProcessStep::tokens).sum());
    values.put("tokens_seen", last.at().tokensBefore() + last.tokens());
    values.put("skipped", steps.stream().filter(step -> !step.applied()).count());
    return values;
  }

  private static double mean(List<ProcessStep> steps, ToDoubleFunction<ProcessStep> value) {
    double count = steps.stream().mapToInt(ProcessStep::steps).sum();
    return steps.stream().mapToDouble(step -> value.applyAsDouble(step) * step.steps()).sum() / count;
  }

  @Override
  public void evaluated(int step, StepEvaluation evaluation, Map<String, StepEvaluation> byPart) {
    log.evaluated(step, values(evaluation));
    byPart.forEach((name, part) -> metrics.log(RewardMetrics.PART + name, step, values(part)));
    lastByPart = byPart;
  }

  private static Map<String, Number> values(StepEvaluation evaluation) {
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("loss", evaluation.loss());
    values.put("answers", evaluation.answers());
    values.put("steps", evaluation.steps());
    values.put("correct", evaluation.correct());
    values.put("accuracy", evaluation.accuracy().value());
    values.put("accuracy_low", evaluation.accuracy().low());
    values.put("accuracy_high", evaluation.accuracy().high());
    values.put("majority", evaluation.majority().value());
    put(values, "right", evaluation.rightMean());
    put(values, "wrong", evaluation.wrongMean());
    return values;
  }

  /** What nothing was measured for is left out. */
  private static void put(Map<String, Number> values, String key, double value) {
    if (!Double.isNaN(value)) {
      values.put(key, value);
    }
  }
}
