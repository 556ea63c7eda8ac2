package io.rlhf4j.actor;

import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.TokenLogProbs;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.MemoryScope;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.train.AdamW;
import io.rlhf4j.train.ExperienceEpochs;
import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.PackedExperience;
import io.rlhf4j.train.ResponseLogProbs;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The PPO update of the policy. Owns the optimiser, not the model.
 *
 * <p>Log-probs before and during the update come from the same packed forward, so the first ratio of an iteration is 1
 * up to rounding; {@code ratio_first_update_error} reports the largest deviation. One thread at a time.
 */
public final class PolicyTrainer implements AutoCloseable {

  private final CausalModel model;
  private final PpoConfig options;
  private final ExperienceEpochs epochs;
  private final LearningRateSchedule schedule;
  private final AdamW optimizer;

  /** Makes the model trainable. */
  public PolicyTrainer(CausalModel model, PpoConfig options, long seed) {
    this.model = model;
    this.options = options;
    this.epochs = new ExperienceEpochs(options.epochs(), options.miniBatchSize(), options.microBatchTokens(),
        options.responsesPerIteration(), seed);
    this.schedule = options.actor().learningRates(Math.max(1, options.iterations() * epochs.updatesPerIteration()));
    this.optimizer = new AdamW(model.weights(), options.actor());
  }

  /** See {@link ActorRole#logProbs}. */
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return ResponseLogProbs.of(model, sequences, temperature, options.microBatchTokens());
  }

  /**
   * Runs the PPO epochs of one iteration.
   *
   * @return {@code policy_loss}; {@code ratio_first_update} and {@code ratio_first_update_error}, mean and largest
   *     deviation from 1 of the ratio before anything moved; {@code policy_clip_fraction}, {@code policy_approx_kl} (k3
   *     of the old against the new policy) and {@code policy_entropy} over the actions of all updates;
   *     {@code policy_grad_norm}, {@code policy_learning_rate}, {@code policy_skipped_updates}
   */
  public Map<String, Double> update(long step, List<Experience> batch) {
    PolicyStatistics statistics = new PolicyStatistics();
    if (!learnsIn(step)) {
      return statistics.toMap(new ExperienceEpochs.Summary(measure(batch, statistics), 0, 0, 0));
    }
    ExperienceEpochs.Summary summary = epochs.run(step, batch, optimizer, schedule,
        (microBatch, actions, update) -> loss(PackedExperience.of(microBatch), actions, update, statistics));
    return statistics.toMap(summary);
  }

  /** Whether the policy moves in this iteration, or leaves the first ones to the critic alone. */
  public boolean learnsIn(long step) {
    return step >= options.critic().warmupSteps();
  }

  /** What the first update would report, without moving anything. */
  private double measure(List<Experience> batch, PolicyStatistics statistics) {
    int actions = batch.stream().mapToInt(experience -> experience.rollout().response().length).sum();
    double loss = 0;
    for (List<Experience> part : epochs.microBatches(batch)) {
      try (MemoryScope ignored = MemoryScope.open()) {
        loss += loss(PackedExperience.of(part), actions, 0, statistics).item();
      }
    }
    return loss;
  }

  private Tensor loss(PackedExperience packed, int actions, int update, PolicyStatistics statistics) {
    TokenLogProbs now = model.logProbs(model.hidden(packed.batch()), packed.actions(), options.temperature());
    List<Tensor> result = Kernels.tensors("policy_loss", now.logProbs(), packed.column(Experience::oldLogProbs),
        packed.column(Experience::advantages), options.clipRange(), options.clipRange(), orOff(options.dualClip()),
        (double) actions);
    statistics.add(result.get(1).toFloats(), now.entropies().toFloats(), update == 0);
    if (options.entropyCoef() == 0) {
      return result.getFirst();
    }
    Tensor bonus = Kernels.tensor("scale", Kernels.tensor("sum_all", now.entropies()), -1.0 / actions);
    return Kernels.tensor("add", result.getFirst(), Kernels.tensor("scale", bonus, options.entropyCoef()));
  }

  private static double orOff(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  /** Writes the optimiser's moments. */
  public void saveOptimizer(Path file) {
    optimizer.save(file);
  }

  /** Continues with moments that {@link #saveOptimizer} wrote. */
  public void restoreOptimizer(Path file) {
    optimizer.load(file);
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
