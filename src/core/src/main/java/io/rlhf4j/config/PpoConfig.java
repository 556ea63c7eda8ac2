package io.rlhf4j.config;

import io.rlhf4j.rl.AdvantageEstimator;
import io.rlhf4j.rl.ExperienceOptions;
import io.rlhf4j.rl.LossAggregation;
import io.rlhf4j.rl.Rollout;
import io.rlhf4j.rl.SamplingOptions;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Proximal policy optimisation. Where OpenRLHF and TRL differ, the key says which of the two its default
 * follows.
 *
 * @param preset openrlhf or trl: defaults of all keys below as that project has them; null takes those of this file
 * @param iterations rounds of sampling, scoring and learning
 * @param promptsPerIteration prompts drawn in one iteration (OpenRLHF: 1024)
 * @param samplesPerPrompt responses drawn for each prompt
 * @param temperature divides the logits while sampling and in every log-probability; 1 leaves them alone
 * @param topP nucleus: tokens that hold this much probability are kept; 1 keeps all and makes KL estimates honest
 * @param topK most likely tokens kept; 0 keeps all
 * @param maxNewTokens responses are cut after this many tokens
 * @param minNewTokens the end token is forbidden before this many tokens
 * @param generation keys of the rarer options of sampling
 * @param kl the KL term
 * @param advantage from rewards to advantages
 * @param shaping from scores to rewards
 * @param policy the loss of the policy
 * @param clipRangeValue how far values may move from those of the rollout; null does not clip (TRL: 0.2)
 * @param valueLossCoef factor of the value loss; 1 because the critic has its own optimiser
 * @param epochs passes over the experience of one iteration (TRL: 4, OpenRLHF: 1)
 * @param miniBatchSize responses in one optimiser step
 * @param microBatchTokens tokens in one forward pass; a mini-batch that holds more is split and its gradients added up
 * @param scoreBatchSize responses in one call of the reward, reference and critic roles, rounded up to all samples of
 *     whole prompts (TRL: 64)
 * @param rewardPrecision fp32, or int8 for faster scores on a CPU; used only if both order at least 99 % of the test
 *     pairs the same way
 * @param evalPrompts test prompts answered in each evaluation, before and after training at least; 0 takes all
 * @param evalSteps iterations between two evaluations; the actor of the best one (by gold score where the task has a
 *     judge, else by reward) is kept in final/best/actor. 0 evaluates before and after training only, because each
 *     costs a sample of all eval_prompts, and keeps the last actor alone
 * @param actor keys of the actor's optimiser
 * @param critic keys of the critic's updates
 * @param logSamples rollouts of each iteration that are kept in samples.jsonl, for rlhf watch and the report; 0 keeps
 *     none
 * @param saveSteps iterations between two checkpoints; 0 writes none after the first iteration has begun
 * @param saveTotalLimit checkpoints that are kept, the newest ones
 */
public record PpoConfig(@Default("null") @Nullable Preset preset, @Default("100") int iterations,
    @Default("1024") int promptsPerIteration,
    @Default("1") int samplesPerPrompt, @Default("1.0") double temperature, @Default("1.0") double topP,
    @Default("0") int topK, @Default("128") int maxNewTokens, @Default("1") int minNewTokens,
    @Inline @Default("{}") GenerationConfig generation, @Inline @Default("{}") KlConfig kl,
    @Inline @Default("{}") AdvantageConfig advantage,
    @Inline @Default("{}") ShapingConfig shaping,
    @Inline @Default("{}") PolicyLossConfig policy, @Default("0.2") @Nullable Double clipRangeValue,
    @Default("1.0") double valueLossCoef, @Default("4") int epochs,
    @Default("128") int miniBatchSize, @Default("16384") int microBatchTokens,
    @Default("64") int scoreBatchSize, @Default("fp32") InferencePrecision rewardPrecision,
    @Default("256") int evalPrompts, @Default("0") int evalSteps,
    @Default("{learning_rate: 1.0e-6}") OptimizerConfig actor,
    @Default("{}") CriticConfig critic, @Default("8") int logSamples, @Default("10") int saveSteps,
    @Default("2") int saveTotalLimit) {

  public PpoConfig {
    Check.atLeast("iterations", iterations, 0);
    Check.atLeast("prompts_per_iteration", promptsPerIteration, 1);
    Check.atLeast("samples_per_prompt", samplesPerPrompt, 1);
    Check.positive("temperature", temperature);
    Check.that(topP > 0 && topP <= 1, "top_p", topP, "greater than 0 and at most 1");
    Check.atLeast("top_k", topK, 0);
    Check.atLeast("max_new_tokens", maxNewTokens, 1);
    Check.atLeast("min_new_tokens", minNewTokens, 0);
    Check.that(minNewTokens <= maxNewTokens, "min_new_tokens", minNewTokens,
        "at most max_new_tokens = " + maxNewTokens);
    Check.that(samplesPerPrompt > 1 || !advantage.advantageEstimator().comparesResponses(), "samples_per_prompt",
        samplesPerPrompt, "at least 2, because advantage_estimator " + advantage.advantageEstimator().yamlName()
            + " compares the responses to a prompt");
    Check.that(shaping.overlongBuffer() == null || shaping.overlongBuffer() <= maxNewTokens, "overlong_buffer",
        shaping.overlongBuffer(), "at most max_new_tokens = " + maxNewTokens);
    Check.positiveOrNull("clip_range_value", clipRangeValue);
    Check.notNegative("value_loss_coef", valueLossCoef);
    Check.atLeast("epochs", epochs, 1);
    Check.atLeast("mini_batch_size", miniBatchSize, 1);
    Check.atLeast("micro_batch_tokens", microBatchTokens, 1);
    Check.atLeast("score_batch_size", scoreBatchSize, 1);
    Check.atLeast("eval_prompts", evalPrompts, 0);
    Check.atLeast("eval_steps", evalSteps, 0);
    Check.atLeast("log_samples", logSamples, 0);
    Check.atLeast("save_steps", saveSteps, 0);
    Check.atLeast("save_total_limit", saveTotalLimit, 1);
  }

  /** Whether a critic takes part. */
  public boolean usesCritic() {
    return advantage.advantageEstimator().usesCritic();
  }

  /** First iterations in which only the critic learns. */
  public int criticWarmup() {
    return usesCritic() ? critic.warmupSteps() : 0;
  }

  /** How the losses of actions become the loss of the policy. */
  public LossAggregation lossAggregation() {
    if (policy.lossAggregation() != null) {
      return policy.lossAggregation();
    }
    return advantage.advantageEstimator() == AdvantageEstimator.DR_GRPO ? LossAggregation.CONSTANT
        : LossAggregation.TOKEN_MEAN;
  }

  /** Responses of one iteration. */
  public int responsesPerIteration() {
    return Math.multiplyExact(promptsPerIteration, samplesPerPrompt);
  }

  /** How the responses of one iteration are drawn. */
  public SamplingOptions sampling(long seed) {
    return generation.apply(
        new SamplingOptions(temperature, topP, topK, minNewTokens, maxNewTokens, samplesPerPrompt, seed));
  }

  /**
   * How the scored responses become experience.
   *
   * @param text of a response, as a reader sees it; asked only with {@code required_format}
   */
  public ExperienceOptions experience(Function<Rollout, String> text) {
    return new ExperienceOptions(kl.controller(), kl.klEstimator(), kl.limit(), kl.useKlLoss(),
        advantage.options(), shaping.options(maxNewTokens, text));
  }

  /** The same for responses whose text nobody asks for. */
  public ExperienceOptions experience() {
    return experience(rollout -> {
      throw new IllegalStateException("required_format needs a tokenizer");
    });
  }
}
