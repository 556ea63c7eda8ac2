package io.rlhf4j.rl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metrics of one iteration's experience; they are listed at {@link ExperienceMaker}. */
final class ExperienceMetrics {

  private final double klCoefficient;
  private final List<float[]> scores = new ArrayList<>();
  private final List<float[]> advantages = new ArrayList<>();
  private final List<float[]> returns = new ArrayList<>();
  private final List<float[]> values = new ArrayList<>();
  private final double klLimit;
  private double paid;
  private double shaped;
  private double k1;
  private double k3;
  private double surprise;
  private double gapSum;
  private double gapMax;
  private int finished;

  ExperienceMetrics(double klCoefficient, double klLimit) {
    this.klCoefficient = klCoefficient;
    this.klLimit = klLimit;
  }

  void add(ScoredRollout scored, float reward, double penalty, GeneralizedAdvantage estimate) {
    scores.add(new float[] {scored.score()});
    advantages.add(estimate.advantages());
    returns.add(estimate.returns());
    if (scored.hasValues()) {
      values.add(scored.values());
    }
    paid += reward;
    shaped += reward - penalty;
    finished += scored.rollout().finish().isComplete() ? 1 : 0;
    for (int t = 0; t < scored.policyLogProbs().length; t++) {
      float policy = scored.policyLogProbs()[t];
      float reference = scored.referenceLogProbs()[t];
      k1 += KlEstimator.K1.estimate(policy, reference, klLimit);
      k3 += KlEstimator.K3.estimate(policy, reference, klLimit);
      surprise -= policy;
      double gap = Math.abs((double) policy - scored.rollout().behaviourLogProbs()[t]);
      gapSum += gap;
      gapMax = Math.max(gapMax, gap);
    }
  }

  /** Mean over sequences of k1 summed over the sequence, nats. */
  double sequenceKl() {
    return k1 / scores.size();
  }

  Map<String, Double> toMap() {
    int sequences = scores.size();
    Moments score = Moments.of(scores);
    Moments advantage = Moments.of(advantages);
    Moments target = Moments.of(returns);
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("score_mean", score.mean());
    map.put("score_std", score.deviation());
    map.put("reward_mean", paid / sequences);
    map.put("rlhf_reward", shaped / sequences);
    map.put("kl", sequenceKl());
    map.put("kl_k3", k3 / sequences);
    map.put("kl_coef", klCoefficient);
    map.put("response_length", (double) target.count() / sequences);
    map.put("eos_rate", (double) finished / sequences);
    map.put("advantage_mean", advantage.mean());
    map.put("advantage_std", advantage.deviation());
    map.put("return_mean", target.mean());
    map.put("return_std", target.deviation());
    if (!values.isEmpty()) {
      map.put("value_mean", Moments.of(values).mean());
      // The advantage is return - value by definition, so it is also the residual.
      map.put("explained_variance", target.variance() == 0 ? 0 : 1 - advantage.variance() / target.variance());
    }
    map.put("behaviour_gap_mean", gapSum / target.count());
    map.put("behaviour_gap_max", gapMax);
    map.put("entropy", surprise / target.count());
    return map;
  }
}
