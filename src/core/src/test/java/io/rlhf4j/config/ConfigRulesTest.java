package io.rlhf4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.rlhf4j.rl.KlController;
import io.rlhf4j.rl.KlEstimator;
import io.rlhf4j.rl.MissingEos;
import io.rlhf4j.train.LearningRateSchedule;
import io.rlhf4j.train.LearningRateSchedule.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every rule, broken once; the message names the key with its section, the value and the rule. */
class ConfigRulesTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
      "name: a/b | name: is 'a/b', must be letters, digits, '.', '_' and '-', starting with a letter or digit",
      "threads: -1 | threads: is -1, must be 0 or greater",
      "tokenizer: {vocab_size: 256} | tokenizer.vocab_size: is 256, must be at least 260",
      "model: {hidden_size: 100} | model.hidden_size: is 100, must be a multiple of 2 * num_attention_heads = 8",
      "model: {num_key_value_heads: 3} | model.num_key_value_heads: is 3, must be a divisor of num_attention_heads = 4",
      "model: {num_hidden_layers: 0} | model.num_hidden_layers: is 0, must be at least 1",
      "model: {rope_theta: 0} | model.rope_theta: is 0, must be greater than 0",
      "data: {max_prompt_length: 512} | data.max_prompt_length: is 512, must be below max_length = 512",
      "data: {test_fraction: 1} | data.test_fraction: is 1, must be at least 0 and below 1",
      "data: {format: helpsteer2, fields: {prompt: p}} | data.fields: is given, "
          + "must be left out with format: helpsteer2, which has its own",
      "data: {fields: {chosen_score: s}} | data.fields.rejected_score: is null, "
          + "must be given where chosen_score is, and only there",
      "data: {min_score_gap: -1} | data.min_score_gap: is -1, must be 0 or greater",
      "data: {preference_mix: [{path: a.jsonl, weight: 0}]} | data.preference_mix[1].weight: "
          + "is 0, must be greater than 0",
      "sft: {epochs: -1} | sft.epochs: is -1, must be at least 0",
      "sft: {batch_size: 0} | sft.batch_size: is 0, must be at least 1",
      "sft: {warmup_ratio: 1.0} | sft.warmup_ratio: is 1, must be at least 0 and below 1",
      "sft: {min_lr_ratio: 1.5} | sft.min_lr_ratio: is 1.5, must be between 0 and 1",
      "sft: {weight_decay: -0.1} | sft.weight_decay: is -0.1, must be 0 or greater",
      "sft: {schedule: step} | sft.schedule: is the value 'step', "
          + "must be one of constant, linear, cosine, cosine_with_min_lr, polynomial, inverse_sqrt",
      "sft: {optim: adam} | sft.optim: is the value 'adam', must be one of adamw_torch, adamw_8bit, adafactor, "
          + "lion_32bit, lion_8bit, rmsprop, adagrad, sgd",
      "dpo: {momentum: 0.9} | dpo.momentum: is 0.9, "
          + "must be 0 with optim: adamw_torch, which has none; sgd and rmsprop have",
      "dpo: {max_steps: -1} | dpo.max_steps: is -1, must be at least 0",
      "reward: {auto_find_batch_size: true, max_packed_length: 4096} | reward.auto_find_batch_size: is true, "
          + "must be false with max_packed_length, which is the tokens of a pass",
      "reward: {penalty_weight: -1} | reward.penalty_weight: is -1, must be 0 or greater",
      "reward: {reward_token_id: -1} | reward.reward_token_id: is -1, must be at least 0",
      "reward: {label_smoothing: 0.5} | reward.label_smoothing: is 0.5, must be at least 0 and below 0.5",
      "reward: {loss: focal, use_margin: true} | reward.use_margin: is true, "
          + "must be false with loss: focal, which knows no margin; loss: ranking does",
      "reward: {loss: logexp, use_margin: true} | reward.use_margin: is true, "
          + "must be false with loss: logexp, which knows no margin; loss: ranking does",
      "reward: {loss: focal, label_smoothing: 0.1} | reward.label_smoothing: is 0.1, "
          + "must be 0 with loss: focal, whose factor already says how far a label is believed",
      "reward: {group_by_length: true, max_packed_length: 4096} | reward.group_by_length: is true, "
          + "must be false with max_packed_length, which chooses the pairs of a pack by their lengths",
      "reward: {group_by_length: true, shuffle: false} | reward.group_by_length: is true, must be false with shuffle: "
          + "false, which keeps the order of the file",
      "reward: {average_checkpoints: 2, load_best_model_at_end: true, eval_steps: 5} | reward.average_checkpoints: "
          + "is 2, must be 1 with load_best_model_at_end, which may take an earlier state than the mean",
      "reward: {load_best_model_at_end: true} | reward.load_best_model_at_end: is true, must be false unless "
          + "eval_steps is above 0 or eval_strategy is epoch: nothing else measures during training",
      "reward: {eval_strategy: 'no', eval_steps: 5, load_best_model_at_end: true} | reward.load_best_model_at_end: "
          + "is true, must be false unless eval_steps is above 0 or eval_strategy is epoch: "
          + "nothing else measures during training",
      "reward: {save_steps: 0} | reward.save_steps: is 0, must be at least 1",
      "reward: {save_total_limit: 0} | reward.save_total_limit: is 0, must be at least 1",
      "reward: {gradient_accumulation_steps: 0} | "
          + "reward.gradient_accumulation_steps: is 0, must be at least 1",
      "reward: {polynomial_power: 0} | reward.polynomial_power: is 0, must be greater than 0",
      "reward: {shuffle: false, max_packed_length: 4096} | reward.shuffle_before_pack: is true, "
          + "must be false with shuffle: false and max_packed_length",
      "reward: {max_packed_length: -1} | reward.max_packed_length: is -1, must be at least 0",
      "ppo: {temperature: 0} | ppo.temperature: is 0, must be greater than 0",
      "ppo: {top_p: 0} | ppo.top_p: is 0.0, must be greater than 0 and at most 1",
      "ppo: {top_k: -1} | ppo.top_k: is -1, must be at least 0",
      "ppo: {kl_coef: -0.1} | ppo.kl_coef: is -0.1, must be 0 or greater",
      "ppo: {kl_target: 0} | ppo.kl_target: is 0, must be greater than 0",
      "ppo: {gamma: 1.1} | ppo.gamma: is 1.1, must be between 0 and 1",
      "ppo: {lambda: -1} | ppo.lambda: is -1, must be between 0 and 1",
      "ppo: {dual_clip: 1} | ppo.dual_clip: is 1.0, must be greater than 1.2, the ratio at which clip_range ends",
      "ppo: {reward_clip: 0} | ppo.reward_clip: is 0, must be greater than 0",
      "ppo: {samples_per_prompt: 0} | ppo.samples_per_prompt: is 0, must be at least 1",
      "ppo: {max_new_tokens: 300} | ppo.max_new_tokens: is 300, "
          + "must be at most model.max_position_embeddings - data.max_prompt_length = 256",
      "ppo: {critic: {warmup_steps: -1}} | ppo.critic.warmup_steps: is -1, must be at least 0",
      "ppo: {critic: {beta2: 1}} | ppo.critic.beta2: is 1, must be at least 0 and below 1",
      "cluster: {port: 65536} | cluster.port: is 65536, must be between 0 and 65535",
      "cluster: {roles_wait_seconds: 0} | cluster.roles_wait_seconds: is 0, must be at least 1",
      "seed: 1.5 | seed: is the value '1.5', must be a whole number",
      "model: {hidden_size: 99999999999} | model.hidden_size: is the value '99999999999', must be a whole number"})
  void brokenRuleIsNamed(String yaml, String message) {
    assertThatThrownBy(() -> RecipeConfig.parse(yaml)).isInstanceOf(InputException.class)
        .hasMessage("line 1: " + message);
  }

  @Test
  void lengthsAreNotCheckedAgainstAnArchitectureThatIsReplacedByACheckpoint() {
    RecipeConfig recipe = RecipeConfig.parse("model: {path: some-model}\ndata: {max_length: 4096}");

    assertThat(recipe.data().maxLength()).isEqualTo(4096);
  }

  @Test
  void ppoKeysBecomeTheOptionsOfItsParts() {
    PpoConfig fixed = RecipeConfig.parse("ppo: {kl_coef: 0.3, kl_estimator: k3, missing_eos_penalty: 2}").ppo();
    PpoConfig adaptive = RecipeConfig.parse("ppo: {kl_coef: 0.3, kl_target: 6, kl_horizon: 50}").ppo();

    assertThat(fixed.experience().kl()).isEqualTo(new KlController.Fixed(0.3));
    assertThat(fixed.experience().klEstimator()).isEqualTo(KlEstimator.K3);
    assertThat(fixed.experience().rewards().missingEos()).isEqualTo(new MissingEos.Penalise(2));
    assertThat(adaptive.experience().kl()).isEqualTo(new KlController.Adaptive(0.3, 6, 50));
    assertThat(adaptive.experience().rewards().missingEos()).isEqualTo(new MissingEos.Keep());
    assertThat(fixed.sampling(5).seed()).isEqualTo(5);
    assertThat(fixed.sampling(5).maxNewTokens()).isEqualTo(128);
    assertThat(fixed.responsesPerIteration()).isEqualTo(1024);
  }

  @Test
  void optimisersHaveTheNamesOfTransformers() {
    assertThat(RecipeConfig.parse("ppo: {actor: {optim: adamw_bnb_8bit}}").ppo().actor().optim())
        .isEqualTo(OptimizerType.ADAMW_8BIT);
    assertThat(RecipeConfig.parse("ppo: {critic: {optim: adamw_torch_fused}}").ppo().critic().optimizer().optim())
        .isEqualTo(OptimizerType.ADAMW);
    assertThat(RecipeConfig.parse("sft: {optim: sgd, momentum: 0.9}").sft().optimizer().scaled(0.5).momentum())
        .isEqualTo(0.9);
  }

  @Test
  void optimiserKeysBecomeASchedule() {
    OptimizerConfig optimizer = RecipeConfig.parse("sft: {learning_rate: 0.1, schedule: linear, warmup_ratio: 0.2}")
        .sft().optimizer();

    assertThat(optimizer.learningRates(10)).isEqualTo(new LearningRateSchedule(Shape.LINEAR, 0.1, 2, 10, 0.1));
  }

  /** A finished stage is told from one with other settings by what is left here. */
  @Test
  void savingDecidesAboutAResultOnlyWhereCheckpointsAreAveraged() {
    assertThat(sft("save_steps: 7")).isEqualTo(sft("save_steps: 8"));
    assertThat(sft("save_steps: 7, average_checkpoints: 2")).isNotEqualTo(sft("save_steps: 7"))
        .isNotEqualTo(sft("save_steps: 8, average_checkpoints: 2"));
    assertThat(dpo("save_steps: 7")).isEqualTo(dpo("save_steps: 8"));
    assertThat(dpo("save_steps: 7, average_checkpoints: 2")).isNotEqualTo(dpo("save_steps: 7"));
  }

  private static SftConfig sft(String keys) {
    return RecipeConfig.parse("sft: {" + keys + "}").sft().withoutSaving();
  }

  private static DpoConfig dpo(String keys) {
    return RecipeConfig.parse("dpo: {" + keys + "}").dpo().withoutSaving();
  }
}
