package io.rlhf4j.config;

import io.rlhf4j.rl.KlController;
import io.rlhf4j.rl.KlEstimator;
import org.jspecify.annotations.Nullable;

/**
 * The KL term that keeps the policy near the reference.
 *
 * @param klCoef weight of the KL term (TRL: 0.05, OpenRLHF: 0.01)
 * @param klEstimator estimate of the KL per token: k1, k2 or k3
 * @param klLimit the estimate for a token is limited to +- this, nats, so that one impossible token cannot drown a
 *     whole batch (OpenRLHF: 10); null limits nothing (TRL). In the loss the limit is 10 in any case
 * @param useKlLoss whether the KL term is part of the policy's loss, as in GRPO, rather than subtracted from the reward
 *     of every token; needs k2 or k3, because the gradient of k1 is zero on average
 * @param klTarget KL per response in nats that an adaptive controller steers kl_coef to; null keeps kl_coef fixed
 * @param klHorizon responses over which the adaptive controller works
 */
public record KlConfig(@Default("0.05") double klCoef, @Default("k1") KlEstimator klEstimator,
    @Default("10.0") @Nullable Double klLimit, @Default("false") boolean useKlLoss,
    @Default("null") @Nullable Double klTarget, @Default("10000") int klHorizon) {

  public KlConfig {
    Check.notNegative("kl_coef", klCoef);
    Check.positiveOrNull("kl_limit", klLimit);
    Check.positiveOrNull("kl_target", klTarget);
    Check.atLeast("kl_horizon", klHorizon, 1);
    Check.that(!useKlLoss || klEstimator != KlEstimator.K1, "kl_estimator", YamlNamed.of(klEstimator),
        "k2 or k3 with use_kl_loss, because the gradient of k1 is zero on average");
    Check.that(!useKlLoss || klTarget == null, "kl_target", klTarget,
        "null with use_kl_loss: the controller steers the KL term of the reward");
  }

  /** {@link #klLimit} as a number. */
  double limit() {
    return klLimit == null ? Double.POSITIVE_INFINITY : klLimit;
  }

  KlController controller() {
    return klTarget == null ? new KlController.Fixed(klCoef)
        : new KlController.Adaptive(klCoef, klTarget, klHorizon);
  }
}
