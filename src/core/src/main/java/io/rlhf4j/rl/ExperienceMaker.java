package io.rlhf4j.rl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Turns scored rollouts into experience: rewards, compared within groups where the estimator asks for it, KL-shaped
 * token rewards, advantages, whitening.
 *
 * <p>What one iteration hands to the next is {@link #state()}; a maker built from a saved state replays the iterations
 * after it to the same bits. One thread at a time.
 *
 * <p>Metrics, as means over sequences unless said otherwise:
 * <ul>
 *   <li>{@code score_mean}, {@code score_std}: the reward role's scores, untouched</li>
 *   <li>{@code reward_mean}: what was paid at the last action, after normalising, clip and missing EOS</li>
 *   <li>{@code rlhf_reward}: that minus the weighted KL, the objective</li>
 *   <li>{@code kl}: k1 summed over the sequence; {@code kl_k3}: the same with k3, never negative; {@code kl_coef}</li>
 *   <li>{@code response_length}, {@code eos_rate}</li>
 *   <li>{@code advantage_mean}, {@code advantage_std}, {@code return_mean}, {@code return_std}, {@code value_mean}:
 *       over actions, before whitening; the last and the next only with a critic</li>
 *   <li>{@code explained_variance}: {@code 1 - var(return - value) / var(return)} over actions, 0 for constant returns
 *   </li>
 *   <li>{@code behaviour_gap_mean}, {@code behaviour_gap_max}: |training - sampling log-prob| over actions</li>
 *   <li>{@code masked_rate}: share of the responses that nothing is learned from, if there are any</li>
 *   <li>the signs of {@link ResponseSigns}</li>
 *   <li>{@code entropy}: mean of {@code -log p} of the sampled tokens, an estimate from the samples</li>
 * </ul>
 */
public final class ExperienceMaker implements ExperienceStep {

  private static final float[] NONE = {};

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
    RolloutChecks.check(batch, options.advantages().estimator().usesCritic());
    RewardNormalizer normalizer = state.normalizer().observe(scores(batch));
    double klCoefficient = options.klInLoss() ? 0 : state.kl().coefficient();
    float[] paid = paid(batch, normalizer);
    float[] compared = compared(batch, paid);

    ExperienceMetrics metrics = new ExperienceMetrics(state.kl().coefficient(), options.klLimit());
    List<GeneralizedAdvantage> estimates = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      ScoredRollout scored = batch.get(i);
      float[] kl = options.klEstimator().estimate(scored.policyLogProbs(), scored.referenceLogProbs(),
          options.klLimit());
      GeneralizedAdvantage estimate = estimate(TokenRewards.shape(kl, klCoefficient, compared[i]), scored.values());
      estimates.add(estimate);
      metrics.add(scored, paid[i], klCoefficient * sum(kl), estimate);
    }
    state = new ShapingState(state.kl().next(metrics.sequenceKl(), batch.size()), normalizer);
    List<Experience> experiences = experiences(batch, estimates);
    Map<String, Double> values = metrics.toMap();
    values.putAll(ResponseSigns.of(batch));
    if (experiences.size() < batch.size()) {
      values.put("masked_rate", 1 - (double) experiences.size() / batch.size());
    }
    return new ExperienceBatch(experiences, values);
  }

  private float[] paid(List<ScoredRollout> batch, RewardNormalizer normalizer) {
    float[] paid = new float[batch.size()];
    for (int i = 0; i < paid.length; i++) {
      paid[i] = options.rewards().reward(batch.get(i), normalizer);
    }
    return paid;
  }

  /** The rewards after the responses to each prompt have been compared, if the estimator does that. */
  private float[] compared(List<ScoredRollout> batch, float[] paid) {
    AdvantageOptions advantages = options.advantages();
    if (!advantages.estimator().comparesResponses()) {
      return paid;
    }
    Map<Long, List<Integer>> groups = IntStream.range(0, paid.length).boxed()
        .collect(Collectors.groupingBy(i -> batch.get(i).rollout().key().promptId()));
    float[] compared = new float[paid.length];
    groups.values().forEach(members -> {
      float[] rewards = new float[members.size()];
      for (int i = 0; i < rewards.length; i++) {
        rewards[i] = paid[members.get(i)];
      }
      float[] result = GroupRewards.compare(advantages.estimator(), rewards, advantages.groupEpsilon());
      for (int i = 0; i < rewards.length; i++) {
        compared[members.get(i)] = result[i];
      }
    });
    return compared;
  }

  private GeneralizedAdvantage estimate(float[] rewards, float[] values) {
    AdvantageOptions advantages = options.advantages();
    if (advantages.estimator().usesCritic()) {
      return GeneralizedAdvantage.estimate(rewards, values, advantages.gamma(), advantages.lambda());
    }
    float[] returns = DiscountedReturns.of(rewards, advantages.gamma());
    return new GeneralizedAdvantage(returns, returns);
  }

  private List<Experience> experiences(List<ScoredRollout> batch, List<GeneralizedAdvantage> estimates) {
    List<Integer> kept = IntStream.range(0, batch.size())
        .filter(i -> options.rewards().keeps(batch.get(i).rollout())).boxed().toList();
    List<float[]> advantages = kept.stream().map(i -> estimates.get(i).advantages()).toList();
    if (options.advantages().whiten()) {
      advantages = Whitening.whiten(advantages, options.advantages().unbiased());
    }
    boolean critic = options.advantages().estimator().usesCritic();
    List<Experience> experiences = new ArrayList<>(kept.size());
    for (int k = 0; k < kept.size(); k++) {
      int i = kept.get(k);
      ScoredRollout scored = batch.get(i);
      // Returns stay unwhitened: they are the critic's target, in the unit of the reward.
      experiences.add(new Experience(scored.rollout(), scored.policyLogProbs(), critic ? scored.values() : NONE,
          advantages.get(k), critic ? estimates.get(i).returns() : NONE,
          options.klInLoss() ? scored.referenceLogProbs() : NONE));
    }
    return experiences;
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private static float[] scores(List<ScoredRollout> batch) {
    float[] scores = new float[batch.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = batch.get(i).score();
    }
    return scores;
  }
}
