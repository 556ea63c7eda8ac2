package io.rlhf4j.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rounds of sampling, rewarding, selecting and training, as Llama 3 was made. Round 0 is supervised fine-tuning and the
 * first reward model; sampling options other than the temperature are those of ppo, DPO's are those of dpo. Where the
 * recipe has a list of rewards, it scores the answers and no reward model is trained, unless trained_weight says so.
 *
 * @param rounds rounds after round 0
 * @param promptsPerRound prompts answered in a round; each round takes the next ones
 * @param samplesPerPrompt answers to each prompt, from the best model so far
 * @param temperature of these answers
 * @param initialPairs preference pairs that the first reward model learns from; 0 takes all
 * @param trainedWeight weight of the reward model that the rounds train in the sum with the recipe's rewards; 0 trains
 *     none where there are rewards. Without rewards that model alone scores, whatever this says
 * @param labelsPerRound pairs of answers that are labelled in a round and refresh the reward model; 0 labels none
 * @param labelsPerPrompt at most so many of them are answers to one prompt
 * @param labelBy who says which answer of such a pair is better: gold (the task's judge, as a person would, wrong as
 *     often as its scores say), judge (the one below) or rewards (the recipe's). A pair without a winner is no label.
 *     Null is gold with a task, else judge if there is one below, else rewards
 * @param judge rewards, as in the recipe's list, that are shown two answers to a prompt at a time: the usual one is
 *     {kind: judge, mode: pairwise, models: [...]}, which sees them in both orders. Used where label_by or keep_by says
 *     so
 * @param replay older pairs that are mixed in for each new one when the reward model is refreshed
 * @param refresh training of the reward model on new and replayed pairs, from the reward model of the round before
 * @param sft training on the selected answers
 * @param sftSelect which answers are imitated
 * @param pairSelect which answers become pairs
 * @param dpoReference what DPO holds the policy to: start (of this round's DPO, which moves) or first (round 0's model)
 * @param learningRateDecay factor by which the learning rates of sft and dpo change from one round to the next
 * @param validationPrompts prompts of data.prompts_train that no round answers; they decide which rounds are kept
 * @param keepBy what a round must raise to be kept: gold (the score of the task's judge), judge (the share of prompts
 *     on which the judge above prefers the new answer) or reward (what scores the round's answers). Null is gold with a
 *     task, else judge if there is one above, else reward. The same tells wins from losses in the table of rounds
 * @param keepMinGain by how much, on average over the validation prompts
 * @param keepMinErrors by how many standard errors of that average, so that chance keeps few rounds
 * @param evalPrompts test prompts that are reported on and decide nothing; 0 takes all
 */
public record FlywheelConfig(@Default("6") int rounds, @Default("1024") int promptsPerRound,
    @Default("8") int samplesPerPrompt, @Default("1.0") double temperature, @Default("0") int initialPairs,
    @Default("0.0") double trainedWeight, @Default("0") int labelsPerRound, @Default("1") int labelsPerPrompt,
    @Default("null") @Nullable LabelBy labelBy, @Default("[]") List<RewardSpec> judge, @Default("1.0") double replay,
    @Default("{}") RewardConfig refresh,
    @Default("{epochs: 1, learning_rate: 2.0e-6}") SftConfig sft, @Default("{strategy: best}") SelectConfig sftSelect,
    @Default("{strategy: pairs}") SelectConfig pairSelect, @Default("start") DpoReference dpoReference,
    @Default("1.0") double learningRateDecay, @Default("256") int validationPrompts,
    @Default("null") @Nullable KeepBy keepBy, @Default("0.0") double keepMinGain, @Default("1.0") double keepMinErrors,
    @Default("0") int evalPrompts) {

  /** What DPO holds the policy to. */
  public enum DpoReference {
    /** The model that this round's DPO starts from. */
    START,
    /** The model of round 0. */
    FIRST
  }

  /** Who labels pairs of answers. */
  public enum LabelBy {
    /** The task's judge, which errs as people do. */
    GOLD,
    /** {@code flywheel.judge}. */
    JUDGE,
    /** The recipe's list of rewards. */
    REWARDS
  }

  /** What decides whether a round is kept. */
  public enum KeepBy {
    /** The mean score of the task's judge. */
    GOLD,
    /** {@code flywheel.judge}, which compares the new answer with the old one. */
    JUDGE,
    /** What scores the round's answers, for the old answers as well. */
    REWARD
  }

  public FlywheelConfig {
    judge = List.copyOf(judge);
    Check.that(trainedWeight >= 0 && Double.isFinite(trainedWeight), "trained_weight", trainedWeight, "at least 0");
    Check.that(labelBy != LabelBy.JUDGE || !judge.isEmpty(), "label_by", "judge",
        "gold or rewards where flywheel.judge is empty");
    Check.that(keepBy != KeepBy.JUDGE || !judge.isEmpty(), "keep_by", "judge",
        "gold or reward where flywheel.judge is empty");
    Check.atLeast("rounds", rounds, 0);
    Check.atLeast("prompts_per_round", promptsPerRound, 1);
    Check.atLeast("samples_per_prompt", samplesPerPrompt, 1);
    Check.that(samplesPerPrompt >= 2 || pairSelect.strategy() != SelectStrategy.PAIRS, "samples_per_prompt",
        samplesPerPrompt, "at least 2, because a pair needs two answers");
    Check.that(pairSelect.strategy() == SelectStrategy.PAIRS, "pair_select.strategy",
        YamlNamed.of(pairSelect.strategy()), "pairs");
    Check.that(sftSelect.strategy() != SelectStrategy.PAIRS, "sft_select.strategy", "pairs",
        "best, top_k, threshold or conditional");
    Check.positive("temperature", temperature);
    Check.atLeast("initial_pairs", initialPairs, 0);
    Check.atLeast("labels_per_round", labelsPerRound, 0);
    Check.atLeast("labels_per_prompt", labelsPerPrompt, 1);
    Check.notNegative("replay", replay);
    Check.positive("learning_rate_decay", learningRateDecay);
    Check.atLeast("validation_prompts", validationPrompts, 2);
    Check.notNegative("keep_min_gain", keepMinGain);
    Check.notNegative("keep_min_errors", keepMinErrors);
    Check.atLeast("eval_prompts", evalPrompts, 0);
  }
}
