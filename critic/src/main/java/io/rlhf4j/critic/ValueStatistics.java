package io.rlhf4j.critic;

import io.rlhf4j.rl.Moments;
import io.rlhf4j.train.ExperienceEpochs;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Adds up what the value loss reports over the micro-batches of an iteration. */
final class ValueStatistics {

  private long rows;
  private double clipped;
  private Moments targets = Moments.EMPTY;
  private Moments residuals = Moments.EMPTY;

  /** Predictions and targets of one micro-batch, both {@code [N]}. */
  void add(float clippedRows, float[] values, float[] returns, boolean lastEpoch) {
    rows += values.length;
    clipped += clippedRows;
    if (lastEpoch) {
      float[] residual = new float[values.length];
      for (int t = 0; t < values.length; t++) {
        residual[t] = returns[t] - values[t];
      }
      targets = targets.plus(Moments.of(List.of(returns)));
      residuals = residuals.plus(Moments.of(List.of(residual)));
    }
  }

  Map<String, Double> toMap(ExperienceEpochs.Summary summary) {
    Map<String, Double> map = new LinkedHashMap<>();
    map.put("value_loss", summary.loss());
    map.put("value_clip_fraction", clipped / Math.max(1, rows));
    map.put("value_explained_variance",
        targets.variance() == 0 ? 0 : 1 - residuals.variance() / targets.variance());
    map.put("value_grad_norm", summary.gradientNorm());
    map.put("value_learning_rate", summary.learningRate());
    map.put("value_skipped_updates", (double) summary.skipped());
    return map;
  }
}
