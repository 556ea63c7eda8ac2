package io.rlhf4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.rl.AdvantageEstimator;
import io.rlhf4j.rl.LossAggregation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Keys of the section ppo that do not go together, and what follows from those that do. */
class PpoRulesTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
      advantage_estimator: grpo                            | ppo.samples_per_prompt: is 1, must be at least 2, because
      advantage_estimator: grop                            | ppo.advantage_estimator: is the value 'grop', must be one
      use_kl_loss: true                                    | ppo.kl_estimator: is k1, must be k2 or k3 with use_kl_loss
      use_kl_loss: true, kl_estimator: k3, kl_target: 6    | ppo.kl_target: is 6.0, must be null with use_kl_loss
      clip_range: 0                                        | ppo.clip_range: is 0, must be greater than 0
      clip_range_low: 1.5                                  | ppo.clip_range_low: is 1.5, must be below 1
      clip_range_high: -0.1                                | ppo.clip_range_high: is -0.1, must be greater than 0
      clip_range: 1.5                                      | ppo.clip_range: is 1.5, must be below 1
      dual_clip: 1                                         | ppo.dual_clip: is 1.0, must be greater than 1.2, the ratio
      dual_clip: 1.25, clip_range_high: 0.28               | ppo.dual_clip: is 1.25, must be greater than 1.28
      proximal_policy: behaviour, importance_cap: 2        | ppo.importance_cap: is 2.0, must be null
      importance_cap: 0                                    | ppo.importance_cap: is 0, must be greater than 0
      ema_beta: 1                                          | ppo.ema_beta: is 1.0, must be between 0 and 1
      missing_eos_penalty: 1, mask_truncated: true         | ppo.mask_truncated: is one of several, must be the only one
      missing_eos_penalty: 1, missing_eos_reward: -1       | ppo.missing_eos_reward: is one of several, must be the only
      missing_eos_factor: 2                                | ppo.missing_eos_factor: is 2.0, must be between 0 and 1
      overlong_buffer: 129                                 | ppo.overlong_buffer: is 129, must be at most max_new_tokens
      overlong_buffer: 0                                   | ppo.overlong_buffer: is 0, must be at least 1
      required_format: '(a'                                | ppo.required_format: is '(a', must be a regular expression
      loss_aggregation: mean                               | ppo.loss_aggregation: is the value 'mean', must be one of
      """)
  void areRefusedInOneLine(String keys, String message) {
    assertThatThrownBy(() -> ppo(keys)).isInstanceOf(InputException.class).hasMessageContaining(message)
        .hasMessageNotContaining("\n");
  }

  @Test
  void estimatorsAreUnderstoodByTheirOtherNames() {
    assertThat(estimator("grpo")).isEqualTo(AdvantageEstimator.GROUP_NORM);
    assertThat(estimator("reinforce++")).isEqualTo(AdvantageEstimator.REINFORCE);
    assertThat(estimator("reinforce_plus_plus_baseline")).isEqualTo(AdvantageEstimator.REINFORCE_BASELINE);
    assertThat(estimator("dr_grpo")).isEqualTo(AdvantageEstimator.DR_GRPO);
  }

  @Test
  void theEstimatorDecidesWhatIsLeftOpen() {
    PpoConfig gae = ppo("critic: {warmup_steps: 3}");
    PpoConfig dr = ppo("advantage_estimator: dr_grpo, samples_per_prompt: 2, critic: {warmup_steps: 3}");

    assertThat(gae.usesCritic()).isTrue();
    assertThat(gae.criticWarmup()).isEqualTo(3);
    assertThat(gae.lossAggregation()).isEqualTo(LossAggregation.TOKEN_MEAN);
    assertThat(gae.experience().advantages().whiten()).isTrue();
    assertThat(dr.usesCritic()).isFalse();
    assertThat(dr.criticWarmup()).isZero();
    assertThat(dr.lossAggregation()).isEqualTo(LossAggregation.CONSTANT);
    assertThat(dr.experience().advantages().whiten()).isFalse();
    assertThat(ppo("advantage_estimator: dr_grpo, samples_per_prompt: 2, loss_aggregation: token_mean, "
        + "whiten_advantages: true").lossAggregation()).isEqualTo(LossAggregation.TOKEN_MEAN);
  }

  @Test
  void aPresetGivesDefaultsAndWhatTheRecipeSaysCounts() {
    RecipeConfig recipe = RecipeConfig.parse("ppo: {preset: trl, kl_coef: 0.2, actor: {learning_rate: 0.5}}");

    assertThat(recipe.ppo().temperature()).isEqualTo(0.7);
    assertThat(recipe.ppo().shaping().rewardClip()).isNull();
    assertThat(recipe.ppo().kl().klCoef()).isEqualTo(0.2);
    assertThat(recipe.ppo().actor().learningRate()).isEqualTo(0.5);
    assertThat(recipe.ppo().actor().beta2()).isEqualTo(0.999);
    assertThat(RecipeConfig.parse(recipe.resolvedYaml())).isEqualTo(recipe);
    assertThat(ppo("preset: openrlhf").clipRangeValue()).isEqualTo(0.5);
    assertThatThrownBy(() -> ppo("preset: verl")).isInstanceOf(InputException.class)
        .hasMessageContaining("ppo.preset: is the value 'verl', must be one of openrlhf, trl");
  }

  @Test
  void theClipHasTwoSides() {
    PpoConfig both = ppo("clip_range: 0.1");
    PpoConfig higher = ppo("clip_range_high: 0.28");

    assertThat(both.policy().clipLow()).isEqualTo(0.1);
    assertThat(both.policy().clipHigh()).isEqualTo(0.1);
    assertThat(higher.policy().clipLow()).isEqualTo(0.2);
    assertThat(higher.policy().clipHigh()).isEqualTo(0.28);
  }

  private static AdvantageEstimator estimator(String name) {
    return ppo("samples_per_prompt: 4, advantage_estimator: " + name).advantage().advantageEstimator();
  }

  private static PpoConfig ppo(String keys) {
    return RecipeConfig.parse("ppo: {" + keys + "}").ppo();
  }
}
