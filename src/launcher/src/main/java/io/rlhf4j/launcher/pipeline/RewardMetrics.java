package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.RewardStep;
import io.rlhf4j.reward.RewardTrainingListener;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Writes the steps of reward training to the metrics ({@code reward}, {@code reward_eval}) and shows them. */
final class RewardMetrics implements RewardTrainingListener {

  private final StepLog<RewardStep> log;

  RewardMetrics(MetricsLog metrics, Progress progress, int loggingSteps) {
    this.log = new StepLog<>(metrics, progress, loggingSteps, RewardMetrics::means);
  }

  @Override
  public void resumed(int step) {
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
  public void evaluated(int step, RewardEvaluation evaluation, double loss) {
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("loss", loss);
    values.putAll(values(evaluation));
    log.evaluated(step, values);
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
