package io.rlhf4j.actor.dpo;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what the loss reports over micro-batches. */
final class DpoMeasure {

  private int pairs;
  private int correct;
  private double loss;
  private double comparison;
  private double nll;
  private double chosen;
  private double rejected;

  /**
   * @param loss share of the mini-batch's loss
   * @param parts comparison and cross-entropy, shares likewise
   * @param rewards implicit rewards, chosen and rejected in turn
   */
  void add(double loss, float[] parts, float[] rewards) {
    this.loss += loss;
    comparison += parts[0];
    nll += parts[1];
    for (int p = 0; p < rewards.length; p += 2) {
      chosen += rewards[p];
      rejected += rewards[p + 1];
      correct += rewards[p] > rewards[p + 1] ? 1 : 0;
      pairs++;
    }
  }

  double loss() {
    return loss;
  }

  /** Means over the pairs; {@code accuracy} counts a tie as wrong. */
  Map<String, Double> toMap() {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("loss", loss);
    map.put("comparison_loss", comparison);
    map.put("nll_loss", nll);
    map.put("accuracy", (double) correct / pairs);
    map.put("margin", (chosen - rejected) / pairs);
    map.put("reward_chosen", chosen / pairs);
    map.put("reward_rejected", rejected / pairs);
    return map;
  }
}
