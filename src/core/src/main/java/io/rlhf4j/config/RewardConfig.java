package io.rlhf4j.config;

import org.jspecify.annotations.Nullable;

/**
 * Training of the reward model on preference pairs, or on labelled steps. Loss and penalty defaults are those of
 * InternLM2 and XTuner.
 *
 * @param type preference (pairs of answers) or process (labels of an answer's steps; rlhf reward train only). Steps
 *     have a loss of their own: loss, penalty and penalty_weight are not used, batch_size counts answers
 * @param steps keys of process
 * @param loss ranking (Bradley-Terry), focal (ranking that counts easy pairs less) or logexp (OpenRLHF's name for
 *     ranking without margins)
 * @param penalty what keeps scores near zero: none, log_barrier (a wall at -5 and +5) or l2
 * @param penaltyWeight factor of the penalty, which is summed over the two answers of a pair
 * @param labelSmoothing probability with which a label is taken to be wrong; for ranking and logexp
 * @param centerRewardsCoefficient factor of (chosen + rejected)^2, which keeps the mean score near zero (TRL: 0.01); 0
 *     leaves it out
 * @param useMargin whether the rows' margin is subtracted from the score difference; for ranking
 * @param rewardTokenId token appended to every sequence and scored; null scores the token that ends
 *     a turn of the chat template, as it is scored later
 * @param overLength pairs longer than data.max_length or data.max_prompt_length: drop (and count) or truncate, which
 *     cuts the oldest tokens of the prompt
 * @param headInit standard deviation of the new score head, h being the hidden size: zeros, 1/(h+1) or 1/sqrt(h+1)
 * @param valueHeadPrefix name of the score head in the files of the model; transformers loads score only
 * @param lmEpochs passes of next-token training over the chosen conversations before the comparison starts, with the
 *     batches and the optimiser of sft; for models that start from random weights
 * @param epochs passes over the pairs; more than one soon overfits
 * @param maxSteps optimiser steps after which training ends, in place of epochs; 0 leaves it to epochs
 * @param batchSize pairs in one optimiser step
 * @param gradientAccumulationSteps batches whose gradients make one optimiser step
 * @param microBatch keys of micro-batches
 * @param groupByLength whether a batch holds pairs of about the same length
 * @param packing keys of packing
 * @param neftuneNoiseAlpha strength of the noise on the embeddings in training (NEFTune; usually 5 to 15); 0 adds none
 * @param loggingSteps optimiser steps that make one line of the metrics, with their means
 * @param evaluation keys of measuring
 * @param saving keys of checkpoints
 * @param optimizer keys of the optimiser
 */
public record RewardConfig(@Default("preference") RewardType type, @Inline @Default("{}") StepsConfig steps,
    @Default("ranking") LossType loss, @Default("log_barrier") PenaltyType penalty,
    @Default("0.01") double penaltyWeight,
    @Default("0.0") double labelSmoothing,
    @Default("0.0") double centerRewardsCoefficient, @Default("false") boolean useMargin,
    @Default("null") @Nullable Integer rewardTokenId, @Default("drop") LengthPolicy overLength,
    @Default("1/(h+1)") HeadInit headInit, @Default("score") String valueHeadPrefix,
    @Default("0") int lmEpochs, @Default("1") int epochs,
    @Default("0") int maxSteps, @Default("128") int batchSize, @Default("1") int gradientAccumulationSteps,
    @Inline @Default("{}") MicroBatchConfig microBatch, @Default("false") boolean groupByLength,
    @Inline @Default("{}") PackingConfig packing,
    @Default("0.0") double neftuneNoiseAlpha, @Default("1") int loggingSteps,
    @Inline @Default("{}") EvaluationConfig evaluation, @Inline @Default("{}") SaveConfig saving,
    @Inline @Default("{learning_rate: 9.0e-6}") OptimizerConfig optimizer) {

  public RewardConfig {
    Check.notNegative("penalty_weight", penaltyWeight);
    Check.below("label_smoothing", labelSmoothing, 0, 0.5);
    Check.notNegative("center_rewards_coefficient", centerRewardsCoefficient);
    if (rewardTokenId != null) {
      Check.atLeast("reward_token_id", rewardTokenId, 0);
    }
    Check.that(valueHeadPrefix.matches("[A-Za-z_][A-Za-z0-9_]*"), "value_head_prefix", valueHeadPrefix,
        "a name of letters, digits and underscores");
    Check.atLeast("lm_epochs", lmEpochs, 0);
    Check.atLeast("epochs", epochs, 1);
    Check.atLeast("max_steps", maxSteps, 0);
    Check.atLeast("batch_size", batchSize, 1);
    Check.atLeast("gradient_accumulation_steps", gradientAccumulationSteps, 1);
    Check.notNegative("neftune_noise_alpha", neftuneNoiseAlpha);
    Check.atLeast("logging_steps", loggingSteps, 1);
    if (type == RewardType.PROCESS) {
      refusePairKeys(useMargin, labelSmoothing, centerRewardsCoefficient, rewardTokenId, groupByLength, packing);
      Check.that(evaluation.metricForBestModel() != BestMetric.MARGIN, "metric_for_best_model", "margin",
          "accuracy or loss with type: process");
    }
    Check.that(!microBatch.autoFindBatchSize() || !packing.packs(), "auto_find_batch_size", true,
        "false with max_packed_length, which is the tokens of a pass");
    refuseContradictions(loss, labelSmoothing, useMargin, groupByLength, packing);
    Check.that(!evaluation.loadBestModelAtEnd() || saving.averageCheckpoints() == 1, "average_checkpoints",
        saving.averageCheckpoints(), "1 with load_best_model_at_end, which may take an earlier state than the mean");
  }

  /** Keys that only pairs of answers give a meaning to. */
  private static void refusePairKeys(boolean useMargin, double labelSmoothing, double centering,
      @Nullable Integer rewardTokenId, boolean groupByLength, PackingConfig packing) {
    String pairs = ", which has no pairs";
    Check.that(!useMargin, "use_margin", useMargin, "false with type: process" + pairs);
    Check.that(labelSmoothing == 0, "label_smoothing", labelSmoothing,
        "0 with type: process; labels between 0 and 1 say how sure they are");
    Check.that(centering == 0, "center_rewards_coefficient", centering, "0 with type: process" + pairs);
    Check.that(rewardTokenId == null, "reward_token_id", rewardTokenId,
        "null with type: process, which has placeholder");
    Check.that(!groupByLength, "group_by_length", groupByLength, "false with type: process");
    Check.that(!packing.packs(), "max_packed_length", packing.maxPackedLength(), "0 with type: process" + pairs);
  }

  private static void refuseContradictions(LossType loss, double labelSmoothing, boolean useMargin,
      boolean groupByLength, PackingConfig packing) {
    Check.that(!useMargin || loss == LossType.RANKING, "use_margin", useMargin,
        "false with loss: " + YamlNamed.of(loss) + ", which knows no margin; loss: ranking does");
    Check.that(labelSmoothing == 0 || loss != LossType.FOCAL, "label_smoothing", labelSmoothing,
        "0 with loss: focal, whose factor already says how far a label is believed");
    Check.that(!groupByLength || !packing.packs(), "group_by_length", groupByLength,
        "false with max_packed_length, which chooses the pairs of a pack by their lengths");
    Check.that(!groupByLength || packing.shuffle(), "group_by_length", groupByLength,
        "false with shuffle: false, which keeps the order of the file");
  }

  /** Pairs, or packs where there are any, in one optimiser step. */
  public int rowsPerStep() {
    return Math.multiplyExact(batchSize, gradientAccumulationSteps);
  }

  /** {@code micro_batch_tokens}. */
  public int microBatchTokens() {
    return microBatch.microBatchTokens();
  }

  /** The same with so many tokens in one forward pass. */
  public RewardConfig withMicroBatchTokens(int tokens) {
    return new RewardConfig(type, steps, loss, penalty, penaltyWeight, labelSmoothing, centerRewardsCoefficient,
        useMargin, rewardTokenId, overLength, headInit, valueHeadPrefix, lmEpochs, epochs, maxSteps, batchSize,
        gradientAccumulationSteps, MicroBatchConfig.of(tokens), groupByLength, packing, neftuneNoiseAlpha,
        loggingSteps, evaluation, saving, optimizer);
  }
}
