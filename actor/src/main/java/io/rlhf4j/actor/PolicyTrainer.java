package io.rlhf4j.actor;

import io.rlhf4j.config.PolicyLossConfig;
import io.rlhf4j.config.PpoConfig;
import io.rlhf4j.config.ProximalPolicy;
import io.rlhf4j.data.Batches;
import io.rlhf4j.model.CausalModel;
import io.rlhf4j.model.TokenLogProbs;
import io.rlhf4j.rl.Experience;
import io.rlhf4j.rl.ImportanceWeights;
import io.rlhf4j.rl.LossAggregation;
import io.rlhf4j.rl.TokenSequence;
import io.rlhf4j.tensor.Kernels;
import io.rlhf4j.tensor.Tensor;
import io.rlhf4j.text.MaskedTokens;
import io.rlhf4j.train.ExperienceEpochs;
import io.rlhf4j.train.ExperienceEpochs.MiniBatch;
import io.rlhf4j.train.ExperienceLearner;
import io.rlhf4j.train.PackedExperience;
import io.rlhf4j.train.ResponseLogProbs;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The PPO update of the policy. Owns the optimiser, not the model.
 *
 * <p>Log-probs before and during the update come from the same packed forward, so the first ratio of an iteration is 1
 * up to rounding, and exactly 1 where the batches are the same; {@code ratio_first_update_error} reports the largest
 * deviation. One thread at a time.
 */
public final class PolicyTrainer implements AutoCloseable {

  private final CausalModel model;
  private final PpoConfig options;
  private final PolicyLossConfig lossOptions;
  private final LossAggregation aggregation;
  private final ExperienceLearner learner;
  private final long seed;
  private List<MaskedTokens> demonstrations = List.of();

  /** Makes the model trainable. */
  public PolicyTrainer(CausalModel model, PpoConfig options, long seed) {
    this.model = model;
    this.options = options;
    this.seed = seed;
    this.lossOptions = options.policy();
    this.aggregation = options.lossAggregation();
    this.learner = new ExperienceLearner(model, options, options.actor(), options.criticWarmup(),
        lossOptions.emaBeta(), seed);
  }

  /** Demonstrations whose next-token loss every update mixes in with weight {@code ptx_coef}. */
  public void mixIn(List<MaskedTokens> examples) {
    demonstrations = examples.stream().filter(example -> example.trainedTokens() > 0).toList();
  }

  /** See {@link ActorRole#logProbs}. */
  public List<float[]> logProbs(List<TokenSequence> sequences, double temperature) {
    return ResponseLogProbs.of(model, sequences, temperature, options.microBatchTokens());
  }

  /**
   * Runs the PPO epochs of one iteration; while the critic warms up nothing moves.
   *
   * @return {@code policy_loss}; {@code ratio_first_update} and {@code ratio_first_update_error}, mean and largest
   *     deviation from 1 of the ratio before anything moved; {@code policy_clip_fraction}, {@code policy_approx_kl} (k3
   *     of the old against the new policy) and {@code policy_entropy} over the actions of all updates; {@code kl_loss}
   *     if the loss has a KL term, before its weight; with importance weights {@code importance_weight_mean} and
   *     {@code importance_capped}, a share of the actions; {@code ptx_loss} with demonstrations;
   *     {@code policy_grad_norm}, {@code policy_learning_rate},
   *     {@code policy_skipped_updates}
   */
  public Map<String, Double> update(long step, List<Experience> batch) {
    PolicyStatistics statistics = new PolicyStatistics();
    ExperienceEpochs.Summary summary = learner.run(step, batch,
        (microBatch, miniBatch) -> loss(PackedExperience.of(microBatch, model.backbone().config()), miniBatch,
            statistics),
        update -> imitate(update, statistics));
    Map<String, Double> metrics = statistics.toMap(summary);
    if (lossOptions.proximalPolicy() == ProximalPolicy.BEHAVIOUR) {
      // Against the sampler this is no error but the gap, which behaviour_gap_max has.
      metrics.remove("ratio_first_update_error");
    }
    return metrics;
  }

  /** Whether the policy moves in this iteration, or leaves the first ones to the critic alone. */
  public boolean learnsIn(long step) {
    return learner.learnsIn(step);
  }

  /** Adds the gradient of the next batch of demonstrations; which one depends on the update's number alone. */
  private void imitate(long update, PolicyStatistics statistics) {
    if (demonstrations.isEmpty() || lossOptions.ptxCoef() == 0) {
      return;
    }
    int size = Math.min(lossOptions.ptxBatchSize(), demonstrations.size());
    int batchesPerPass = demonstrations.size() / size;
    int start = (int) (update % batchesPerPass) * size;
    List<MaskedTokens> batch = Batches.shuffled(demonstrations, seed, (int) (update / batchesPerPass))
        .subList(start, start + size);
    statistics.addImitation(new NextTokenLoss(model, options.microBatchTokens())
        .backward(batch, lossOptions.ptxCoef()));
  }

  private Tensor loss(PackedExperience packed, MiniBatch miniBatch, PolicyStatistics statistics) {
    TokenLogProbs now = model.logProbs(model.hidden(packed.batch()), packed.actions(), options.temperature());
    Tensor weights = packed.column(this::aggregationWeights);
    double denominator =
        aggregation.denominator(miniBatch.sequences(), miniBatch.actions(), options.maxNewTokens());
    List<Tensor> result = Kernels.tensors("policy_loss", now.logProbs(), packed.column(this::oldLogProbs),
        packed.column(Experience::advantages), packed.column(one -> policyWeights(one, statistics)),
        lossOptions.clipLow(), lossOptions.clipHigh(), lossOptions.dualClipOrOff(), denominator);
    statistics.add(result.get(1).toFloats(), now.entropies().toFloats(), miniBatch.update() == 0);
    Tensor loss = result.getFirst();
    if (options.kl().useKlLoss()) {
      Tensor kl = Kernels.tensor("kl_loss", now.logProbs(), packed.column(Experience::referenceLogProbs), weights,
          options.kl().klEstimator().number(), denominator);
      statistics.addKlLoss(kl.item(), miniBatch.update());
      loss = plus(loss, options.kl().klCoef(), kl);
    }
    return lossOptions.entropyCoef() == 0 ? loss : plus(loss, -lossOptions.entropyCoef(),
        Kernels.tensor("weighted_mean", now.entropies(), weights, denominator));
  }

  private static Tensor plus(Tensor loss, double coefficient, Tensor term) {
    return Kernels.tensor("add", loss, Kernels.tensor("scale", term, coefficient));
  }

  private float[] oldLogProbs(Experience experience) {
    return switch (lossOptions.proximalPolicy()) {
      case RECOMPUTED -> experience.oldLogProbs();
      case BEHAVIOUR -> experience.rollout().behaviourLogProbs();
    };
  }

  private float[] aggregationWeights(Experience experience) {
    int actions = experience.rollout().response().length;
    float[] weights = new float[actions];
    Arrays.fill(weights, aggregation.weight(actions));
    return weights;
  }

  private float[] policyWeights(Experience experience, PolicyStatistics statistics) {
    float[] weights = aggregationWeights(experience);
    Double cap = lossOptions.importanceCap();
    if (cap != null) {
      float[] importance = ImportanceWeights.truncated(experience.oldLogProbs(),
          experience.rollout().behaviourLogProbs(), cap);
      statistics.addImportance(importance, cap);
      for (int t = 0; t < weights.length; t++) {
        weights[t] *= importance[t];
      }
    }
    return weights;
  }

  /** Writes the averaged policy, if {@code ema_beta} asks for one. */
  public void saveAverage(Path directory) {
    learner.saveAverage(directory);
  }

  /** Writes what learning remembers besides the weights. */
  public void saveOptimizer(Path file) {
    learner.saveState(file);
  }

  /** Continues with what {@link #saveOptimizer} wrote. */
  public void restoreOptimizer(Path file) {
    learner.restoreState(file);
  }

  @Override
  public void close() {
    learner.close();
  }
}
