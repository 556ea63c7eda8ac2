package io.rlhf4j.critic;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.ActionRows;
import io.rlhf4j.model.PackedBatch;
import io.rlhf4j.model.ScalarModel;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.ExperienceEpochs;
import io.rlhf4j.train.ExperienceLearner;
import io.rlhf4j.train.PackedExperience;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Values and the value update. Owns the optimiser, not the model. One thread at a time. */
public final class ValueTrainer implements AutoCloseable {

  private final ScalarModel model;
  private final PpoConfig options;
  private final ExperienceLearner learner;

  /** Makes the model trainable. */
  public ValueTrainer(ScalarModel model, PpoConfig options, long seed) {
    this.model = model;
    this.options = options;
    this.learner = new ExperienceLearner(model, options, options.critic().optimizer(), 0, null, seed);
  }

  /** See {@link CriticRole#values}. */
  public List<float[]> values(List<TokenSequence> sequences) {
    List<float[]> result = new ArrayList<>(sequences.size());
    for (List<TokenSequence> part : Batches.ofTokens(sequences, TokenSequence::length, options.microBatchTokens())) {
      try (MemoryScope ignored = MemoryScope.open()) {
        PackedBatch packed = PackedBatch.sharingPrompts(part, model.backbone().config());
        ActionRows actions = ActionRows.of(packed, part);
        result.addAll(actions.split(model.scores(model.hidden(packed), actions.rows()).toFloats()));
      }
    }
    return result;
  }

  /**
   * Runs the value epochs of one iteration.
   *
   * @return {@code value_loss}, {@code value_clip_fraction}; {@code value_explained_variance}, {@code 1 - var(return -
   *     value) / var(return)} over the predictions of the last epoch; {@code value_grad_norm},
   *     {@code value_learning_rate}, {@code value_skipped_updates}
   */
  public Map<String, Double> update(long step, List<Experience> batch) {
    int updatesPerEpoch = Math.ceilDiv(batch.size(), options.miniBatchSize());
    int lastEpoch = (options.epochs() - 1) * updatesPerEpoch;
    ValueStatistics statistics = new ValueStatistics();
    ExperienceEpochs.Summary summary = learner.run(step, batch,
        (part, miniBatch) -> loss(PackedExperience.of(part, model.backbone().config()), miniBatch.actions(),
            miniBatch.update() >= lastEpoch, statistics));
    return statistics.toMap(summary);
  }

  private Tensor loss(PackedExperience packed, int actions, boolean lastEpoch, ValueStatistics statistics) {
    Tensor now = model.scores(model.hidden(packed.batch()), packed.actions().rows());
    Tensor returns = packed.column(Experience::returns);
    Double clip = options.clipRangeValue();
    List<Tensor> result = Kernels.tensors("value_loss", now, packed.column(Experience::oldValues), returns,
        clip == null ? 0.0 : clip, (double) actions);
    statistics.add(result.get(1).toFloats()[0], now.toFloats(), returns.toFloats(), lastEpoch);
    return Kernels.tensor("scale", result.getFirst(), options.valueLossCoef());
  }

  /** Writes the optimiser's moments. */
  public void saveOptimizer(Path file) {
    learner.saveState(file);
  }

  /** Continues with moments that {@link #saveOptimizer} wrote. */
  public void restoreOptimizer(Path file) {
    learner.restoreState(file);
  }

  @Override
  public void close() {
    learner.close();
  }
}
