package io.rlhf4j.launcher.health;

import java.util.Locale;
import java.util.function.Function;
import java.util.function.Predicate;

/** What can look wrong. A metric that a run does not measure is NaN, for which no condition holds. */
enum Signal {

  RATIO(m -> m.now("ratio_first_update_error") > 1e-3,
      m -> "before anything moved the probability ratio was off 1 by up to %s: old and new log-probabilities come from "
          .formatted(number(m.now("ratio_first_update_error")))
          + "different computations; check temperature and precision"),

  SAMPLER_GAP(m -> m.now("behaviour_gap_mean") > (correctsTheSampler(m) ? 0.1 : 0.02),
      m -> "sampler and trainer differ by %s nats a token: set %stop_p: 1, top_k: 0"
          .formatted(number(m.now("behaviour_gap_mean")), correctsTheSampler(m)
              ? "ppo.rollout_precision: fp32, " : "ppo.importance_cap, and ")),

  NEGATIVE_KL(m -> m.now("kl") < -0.1 && m.now("kl") < -m.now("kl_k3"),
      m -> "the KL to the reference is negative, %s nats an answer: answers are not samples of the policy; set "
          .formatted(number(m.now("kl"))) + "top_p: 1, top_k: 0 and min_new_tokens: 1"),

  EOS_RATE(m -> m.now("eos_rate") < 0.5 || m.now("eos_rate") < 0.6 * m.first("eos_rate"),
      m -> "eos rate is %s (%s at first): answers hit max_new_tokens; raise it, or set ppo.missing_eos_penalty"
          .formatted(percent(m.now("eos_rate")), percent(m.first("eos_rate")))),

  LENGTH(m -> m.now("response_length") > 2 * m.first("response_length")
      || m.now("response_length") < 0.4 * m.first("response_length"),
      m -> "answers have %s tokens, %s at first: read samples.jsonl; if the length is not what you want, set "
          .formatted(number(m.now("response_length")), number(m.first("response_length")))
          + "ppo.overlong_buffer or raise ppo.kl_coef"),

  LENGTH_BIAS(m -> m.now("length_score_correlation") > 0.6
      && m.now("response_length") > 1.2 * m.first("response_length"),
      m -> "the reward follows length (correlation %s) and answers grow: the reward model may pay for words; set "
          .formatted(number(m.now("length_score_correlation"))) + "ppo.overlong_buffer, or balance its training data"),

  REPETITION(m -> m.now("repetition") > 0.3 && m.now("repetition") > 2 * m.first("repetition"),
      m -> "%s of all runs of three tokens repeat an earlier one: the reward model does not mind; raise ppo.kl_coef"
          .formatted(percent(m.now("repetition")))),

  DUPLICATES(m -> m.now("duplicate_rate") > m.first("duplicate_rate") + 0.25,
      m -> "%s of the answers equal the answer to another prompt: the policy has found one that always pays; raise "
          .formatted(percent(m.now("duplicate_rate"))) + "ppo.kl_coef or stop earlier"),

  FRONTIER(m -> m.now("kl") > 1.3 * m.before(5, "kl") && m.now("kl") > 1
      && m.now("score_mean") <= m.before(5, "score_mean"),
      m -> "in five iterations KL grew from %s to %s nats an answer and reward did not: stop, or raise ppo.kl_coef"
          .formatted(number(m.before(5, "kl")), number(m.now("kl")))),

  CLIP_FRACTION(m -> m.now("policy_clip_fraction") > 0.4,
      m -> "%s of the actions are clipped: lower ppo.actor.learning_rate or ppo.epochs"
          .formatted(percent(m.now("policy_clip_fraction")))),

  POLICY_STEP(m -> m.now("policy_approx_kl") > 0.1,
      m -> "one iteration moves the policy by %s nats a token: lower ppo.actor.learning_rate or ppo.epochs"
          .formatted(number(m.now("policy_approx_kl")))),

  CRITIC(m -> m.length() > 5 && m.now("explained_variance") < 0,
      m -> "the critic predicts worse than a constant (explained variance %s): raise ppo.critic.warmup_steps or "
          .formatted(number(m.now("explained_variance"))) + "ppo.critic.learning_rate"),

  ENTROPY(m -> m.now("policy_entropy") < 0.1 * m.first("policy_entropy"),
      m -> "entropy fell from %s to %s nats: the policy has one answer left; set ppo.entropy_coef or raise ppo.kl_coef"
          .formatted(number(m.first("policy_entropy")), number(m.now("policy_entropy")))),

  FLAT_GROUPS(m -> m.now("flat_group_rate") > 0.5,
      m -> "for %s of the prompts all answers score the same, from which group estimators learn nothing: use harder "
          .formatted(percent(m.now("flat_group_rate"))) + "prompts or more samples_per_prompt"),

  FLAT_REWARD(m -> m.now("score_std") < 1e-6,
      m -> "every answer has the same score: check the reward, and reward_clip"),

  MASKED(m -> m.now("masked_rate") > 0.5,
      m -> "%s of the answers are left out of the update: raise max_new_tokens or loosen ppo.required_format"
          .formatted(percent(m.now("masked_rate")))),

  NOT_FINITE(m -> m.now("policy_skipped_updates") > 0 || m.now("value_skipped_updates") > 0,
      m -> "an update was left out because its gradient was not finite: lower the learning rate");

  private final Predicate<MetricHistory> condition;
  private final Function<MetricHistory, String> text;

  Signal(Predicate<MetricHistory> condition, Function<MetricHistory, String> text) {
    this.condition = condition;
    this.text = text;
  }

  boolean holds(MetricHistory history) {
    return condition.test(history);
  }

  String text(MetricHistory history) {
    return text.apply(history);
  }

  /** The name that users see. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** With importance weights, or with a ratio against the sampler, whose distance from 1 is not an error. */
  private static boolean correctsTheSampler(MetricHistory m) {
    boolean weighted = !Double.isNaN(m.now("importance_weight_mean"));
    return weighted
        || !Double.isNaN(m.now("ratio_first_update")) && Double.isNaN(m.now("ratio_first_update_error"));
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) < 0.01 ? "%.1e" : "%.2f", value);
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }
}
