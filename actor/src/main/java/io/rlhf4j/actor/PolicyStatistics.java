package io.rlhf4j.actor;

import io.rlhf4j.train.ExperienceEpochs;
import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what the policy loss reports over the micro-batches of an iteration. */
final class PolicyStatistics {

  private long rows;
  private double clipped;
  private double approxKl;
  private double entropy;
  private long firstRows;
  private double firstRatio;
  private double firstError;
  private double klLoss;
  private int klLossUpdates;
  private double imitation;
  private int imitations;
  private long weighted;
  private double importance;
  private long capped;

  /**
   * @param sums as {@code policy_loss} of {@code kernels/losses.py} returns them
   * @param entropies one for each action
   * @param first whether the policy is still the one that the old log-probs come from
   */
  void add(float[] sums, float[] entropies, boolean first) {
    rows += entropies.length;
    clipped += sums[0];
    approxKl += sums[1];
    for (float e : entropies) {
      entropy += e;
    }
    if (first) {
      firstRows += entropies.length;
      firstRatio += sums[2];
      firstError = Math.max(firstError, sums[3]);
    }
  }

  /** The KL term of one micro-batch, its share of the mini-batch's mean. */
  void addKlLoss(double value, int update) {
    klLoss += value;
    klLossUpdates = Math.max(klLossUpdates, update + 1);
  }

  void addImportance(float[] weights, double cap) {
    weighted += weights.length;
    for (float weight : weights) {
      importance += weight;
      capped += weight >= (float) cap ? 1 : 0;
    }
  }

  /** Mean next-token loss of one batch of demonstrations, nats. */
  void addImitation(double loss) {
    imitation += loss;
    imitations++;
  }

  Map<String, Double> toMap(ExperienceEpochs.Summary summary) {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("policy_loss", summary.loss());
    map.put("ratio_first_update", firstRows == 0 ? 1 : firstRatio / firstRows);
    map.put("ratio_first_update_error", firstError);
    map.put("policy_clip_fraction", clipped / Math.max(1, rows));
    map.put("policy_approx_kl", approxKl / Math.max(1, rows));
    map.put("policy_entropy", entropy / Math.max(1, rows));
    if (klLossUpdates > 0) {
      map.put("kl_loss", klLoss / klLossUpdates);
    }
    if (imitations > 0) {
      map.put("ptx_loss", imitation / imitations);
    }
    if (weighted > 0) {
      map.put("importance_weight_mean", importance / weighted);
      map.put("importance_capped", (double) capped / weighted);
    }
    map.put("policy_grad_norm", summary.gradientNorm());
    map.put("policy_learning_rate", summary.learningRate());
    map.put("policy_skipped_updates", (double) summary.skipped());
    return map;
  }
}
