package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.process.ProcessListener;
import io.rlhf4j.reward.process.ProcessStep;
import io.rlhf4j.reward.process.StepEvaluation;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Writes the steps of process reward training to the metrics ({@code reward}, {@code reward_eval}) and shows them. */
final class ProcessMetrics implements ProcessListener {

  private final StepLog<ProcessStep> log;

  ProcessMetrics(MetricsLog metrics, Progress progress, int loggingSteps) {
    this.log = new StepLog<>(metrics, progress, loggingSteps, ProcessMetrics::means);
  }

  @Override
  public void resumed(int step) {
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
  public void evaluated(int step, StepEvaluation evaluation) {
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
    log.evaluated(step, values);
  }

  /** What nothing was measured for is left out. */
  private static void put(Map<String, Number> values, String key, double value) {
    if (!Double.isNaN(value)) {
      values.put(key, value);
    }
  }
}
