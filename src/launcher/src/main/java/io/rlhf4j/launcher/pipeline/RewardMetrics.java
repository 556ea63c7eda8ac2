package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.reward.RewardEvaluation;
import io.rlhf4j.reward.RewardStep;
import io.rlhf4j.reward.RewardTrainingListener;
import io.rlhf4j.telemetry.MetricsLog;
import io.rlhf4j.telemetry.Progress;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes the steps of reward training to the metrics ({@code reward}, {@code reward_eval}) and shows them. */
final class RewardMetrics implements RewardTrainingListener {

  private final MetricsLog metrics;
  private final Progress progress;

  RewardMetrics(MetricsLog metrics, Progress progress) {
    this.metrics = metrics;
    this.progress = progress;
  }

  @Override
  public void stepped(RewardStep step) {
    Map<String, Number> values = new LinkedHashMap<>();
    values.put("epoch", step.epoch());
    values.put("loss", step.loss());
    values.put("penalty", step.penalty());
    values.put("accuracy", step.accuracy());
    values.put("chosen", step.chosenMean());
    values.put("rejected", step.rejectedMean());
    values.put("margin", step.margin());
    values.put("grad_norm", step.gradientNorm());
    values.put("learning_rate", step.learningRate());
    values.put("pairs", step.pairs());
    values.put("tokens", step.tokens());
    values.put("skipped", step.applied() ? 0 : 1);
    metrics.log("reward", step.step(), values);
    progress.advance("loss %.3f  accuracy %.2f".formatted(step.loss(), step.accuracy()));
  }

  @Override
  public void evaluated(int step, RewardEvaluation evaluation) {
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
    metrics.log("reward_eval", step, values);
  }
}
