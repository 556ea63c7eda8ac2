package io.rlhf4j.config;

import io.rlhf4j.rl.AdvantageEstimator;
import io.rlhf4j.rl.AdvantageOptions;
import org.jspecify.annotations.Nullable;

/**
 * From rewards to advantages.
 *
 * @param advantageEstimator estimator: gae (with a critic), rloo, reinforce (REINFORCE++), reinforce_baseline,
 *     group_norm (GRPO) or dr_grpo; all but gae run without the critic role
 * @param gamma discount of later rewards; 1 because responses are short and rewarded at their end
 * @param lambda trade-off of generalised advantage estimation: 0 trusts the critic, 1 the observed return (TRL: 0.95)
 * @param whitenAdvantages whether advantages get mean 0 and variance 1 over the whole iteration; null does it for gae,
 *     reinforce and reinforce_baseline
 * @param whitenUnbiased whether whitening divides by the unbiased deviation (TRL: true, OpenRLHF: false)
 * @param groupStdEpsilon added to the deviation of a group's rewards that group_norm divides by (TRL: 1.0e-4, OpenRLHF:
 *     1.0e-9)
 */
public record AdvantageConfig(@Default("gae") AdvantageEstimator advantageEstimator, @Default("1.0") double gamma,
    @Default("0.95") double lambda, @Default("null") @Nullable Boolean whitenAdvantages,
    @Default("false") boolean whitenUnbiased, @Default("1.0e-4") double groupStdEpsilon) {

  public AdvantageConfig {
    Check.between("gamma", gamma, 0, 1);
    Check.between("lambda", lambda, 0, 1);
    Check.notNegative("group_std_epsilon", groupStdEpsilon);
  }

  AdvantageOptions options() {
    boolean whiten = whitenAdvantages == null ? advantageEstimator.usuallyWhitens() : whitenAdvantages;
    return new AdvantageOptions(advantageEstimator, gamma, lambda, whiten, whitenUnbiased, groupStdEpsilon);
  }
}
