package io.rlhf4j.actor;

import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.tensor.GradientScope;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.MaskedTokens;
import java.util.List;

/** Next-token cross-entropy of demonstrations, in micro-batches whose gradients add up to that of the whole. */
final class NextTokenLoss {

  private final CausalModel model;
  private final int microBatchTokens;

  NextTokenLoss(CausalModel model, int microBatchTokens) {
    this.model = model;
    this.microBatchTokens = microBatchTokens;
  }

  /** Mean over the trained tokens, nats; nothing is learned. */
  double measure(List<MaskedTokens> examples) {
    double scale = 1.0 / trainedTokens(examples);
    double[] sum = {0};
    Batches.eachOfTokens(examples, MaskedTokens::length, microBatchTokens, part -> {
      try (MemoryScope ignored = MemoryScope.open()) {
        sum[0] += loss(part, scale).item();
      }
    });
    return sum[0];
  }

  /** Adds the gradient of {@code weight} times the mean over the trained tokens; returns the mean, nats. */
  double backward(List<MaskedTokens> batch, double weight) {
    double scale = weight / trainedTokens(batch);
    double sum = 0;
    for (List<MaskedTokens> part : microBatches(batch)) {
      try (MemoryScope ignored = MemoryScope.open(); GradientScope recording = GradientScope.open()) {
        Tensor loss = loss(part, scale);
        sum += loss.item();
        loss.backward();
      }
    }
    return sum / weight;
  }

  private Tensor loss(List<MaskedTokens> sequences, double scale) {
    PackedBatch batch = PackedBatch.of(sequences.stream().map(MaskedTokens::tokens).toList());
    int count = (int) trainedTokens(sequences);
    long[] rows = new long[count];
    long[] targets = new long[count];
    int at = 0;
    for (int s = 0; s < sequences.size(); s++) {
      MaskedTokens sequence = sequences.get(s);
      for (int t = 1; t < sequence.length(); t++) {
        if (sequence.trained()[t]) {
          rows[at] = batch.row(s, t - 1);
          targets[at++] = sequence.tokens()[t];
        }
      }
    }
    return model.nextTokenLoss(model.hidden(batch), Tensor.of(rows, count), Tensor.of(targets, count), scale);
  }

  private List<List<MaskedTokens>> microBatches(List<MaskedTokens> batch) {
    return Batches.ofTokens(batch, MaskedTokens::length, microBatchTokens);
  }

  private static long trainedTokens(List<MaskedTokens> sequences) {
    return sequences.stream().mapToLong(MaskedTokens::trainedTokens).sum();
  }
}
