package io.rlhf4j.config;

import org.jspecify.annotations.Nullable;

/**
 * Training of the reward model on preference pairs. Loss and penalty defaults are those of InternLM2 and XTuner.
 *
 * @param loss ranking (Bradley-Terry) or focal (ranking that counts easy pairs less)
 * @param penalty what keeps scores near zero: none, log_barrier (a wall at -5 and +5) or l2
 * @param penaltyWeight factor of the penalty, which is summed over the two answers of a pair
 * @param useMargin whether the rows' margin is subtracted from the score difference
 * @param rewardTokenId token appended to every sequence and scored; null scores the end-of-sequence token
 * @param overLength pairs longer than data.max_length or data.max_prompt_length: drop (and count) or truncate, which
 *     cuts the oldest tokens of the prompt
 * @param lmEpochs passes of next-token training over the chosen conversations before the comparison starts, with the
 *     batches and the optimiser of sft; for models that start from random weights
 * @param epochs passes over the pairs; more than one soon overfits
 * @param batchSize pairs in one optimiser step
 * @param microBatchTokens tokens in one forward pass; a batch that holds more is split and its gradients are added up
 * @param evalSteps optimiser steps between two evaluations on the test pairs; 0 evaluates at the end only
 * @param optimizer keys of the optimiser
 */
public record RewardConfig(@Default("ranking") LossType loss, @Default("log_barrier") PenaltyType penalty,
    @Default("0.01") double penaltyWeight, @Default("false") boolean useMargin,
    @Default("null") @Nullable Integer rewardTokenId, @Default("drop") LengthPolicy overLength,
    @Default("0") int lmEpochs, @Default("1") int epochs, @Default("128") int batchSize,
    @Default("16384") int microBatchTokens,
    @Default("0") int evalSteps, @Inline @Default("{learning_rate: 9.0e-6}") OptimizerConfig optimizer) {

  public RewardConfig {
    Check.notNegative("penalty_weight", penaltyWeight);
    if (rewardTokenId != null) {
      Check.atLeast("reward_token_id", rewardTokenId, 0);
    }
    Check.atLeast("lm_epochs", lmEpochs, 0);
    Check.atLeast("epochs", epochs, 1);
    Check.atLeast("batch_size", batchSize, 1);
    Check.atLeast("micro_batch_tokens", microBatchTokens, 1);
    Check.atLeast("eval_steps", evalSteps, 0);
  }
}
