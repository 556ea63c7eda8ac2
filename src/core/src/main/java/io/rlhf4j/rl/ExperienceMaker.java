package io.rlhf4j.rl;

import java.util.ArrayList;
import java.util.List;

/**
 * Turns scored rollouts into experience: KL-shaped token rewards, GAE, whitening.
 *
 * <p>What one iteration hands to the next is {@link #state()}; a maker built from a saved state replays the iterations
 * after it to the same bits. One thread at a time.
 *
 * <p>Metrics, as means over sequences unless said otherwise:
 * <ul>
 *   <li>{@code score_mean}, {@code score_std}: the reward role's scores, untouched</li>
 *   <li>{@code reward_mean}: what was paid at the last action, after normalising, clip and missing EOS</li>
 *   <li>{@code rlhf_reward}: sum of the shaped token rewards, the objective</li>
 *   <li>{@code kl}: k1 summed over the sequence; {@code kl_k3}: the same with k3, never negative; {@code kl_coef}</li>
 *   <li>{@code response_length}, {@code eos_rate}</li>
 *   <li>{@code advantage_mean}, {@code advantage_std}, {@code return_mean}, {@code return_std}, {@code value_mean}:
 *       over actions, before whitening</li>
 *   <li>{@code explained_variance}: {@code 1 - var(return - value) / var(return)} over actions, 0 for constant returns
 *   </li>
 *   <li>{@code behaviour_gap_mean}, {@code behaviour_gap_max}: |training - sampling log-prob| over actions</li>
 *   <li>{@code entropy}: mean of {@code -log p} of the sampled tokens, an estimate from the samples</li>
 * </ul>
 */
public final class ExperienceMaker implements ExperienceStep {

  private final ExperienceOptions options;
  private ShapingState state;

  public ExperienceMaker(ExperienceOptions options) {
    this(options, ShapingState.initial(options));
  }

  /** A maker that goes on from a checkpoint. */
  public ExperienceMaker(ExperienceOptions options, ShapingState state) {
    this.options = options;
    this.state = state;
  }

  /** What the next call starts from; changed only by a call that succeeds. */
  public ShapingState state() {
    return state;
  }

  /**
   * The experience of one iteration.
   *
   * @throws IllegalArgumentException for an empty batch, the same rollout twice, or a number that is not finite; the
   *     message names the rollout
   */
  @Override
  public ExperienceBatch make(long step, List<ScoredRollout> batch) {
    RolloutChecks.check(batch);
    RewardNormalizer normalizer = state.normalizer().observe(scores(batch));
    double klCoefficient = state.kl().coefficient();

    ExperienceMetrics metrics = new ExperienceMetrics(klCoefficient);
    List<GeneralizedAdvantage> estimates = new ArrayList<>(batch.size());
    for (ScoredRollout scored : batch) {
      float reward = reward(scored, normalizer);
      float[] kl = options.klEstimator().estimate(scored.policyLogProbs(), scored.referenceLogProbs());
      float[] rewards = TokenRewards.shape(kl, klCoefficient, reward);
      GeneralizedAdvantage estimate =
          GeneralizedAdvantage.estimate(rewards, scored.values(), options.gamma(), options.lambda());
      estimates.add(estimate);
      metrics.add(scored, reward, rewards, estimate);
    }
    state = new ShapingState(state.kl().next(metrics.sequenceKl(), batch.size()), normalizer);
    return new ExperienceBatch(experiences(batch, estimates), metrics.toMap());
  }

  private float reward(ScoredRollout scored, RewardNormalizer normalizer) {
    float reward = options.normalizeReward() ? normalizer.normalize(scored.score()) : scored.score();
    Double clip = options.rewardClip();
    if (clip != null) {
      reward = (float) Math.clamp(reward, -clip, clip);
    }
    return options.missingEos().reward(reward, scored.rollout().finish());
  }

  private List<Experience> experiences(List<ScoredRollout> batch, List<GeneralizedAdvantage> estimates) {
    List<float[]> advantages = estimates.stream().map(GeneralizedAdvantage::advantages).toList();
    if (options.whitenAdvantages()) {
      advantages = Whitening.whiten(advantages);
    }
    List<Experience> experiences = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      ScoredRollout scored = batch.get(i);
      // Returns stay unwhitened: they are the critic's target, in the unit of the reward.
      experiences.add(new Experience(scored.rollout(), scored.policyLogProbs(), scored.values(), advantages.get(i),
          estimates.get(i).returns()));
    }
    return experiences;
  }

  private static float[] scores(List<ScoredRollout> batch) {
    float[] scores = new float[batch.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = batch.get(i).score();
    }
    return scores;
  }
}
