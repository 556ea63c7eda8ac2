package io.rlhf4j.config;

/**
 * Rounds of sampling, rewarding, selecting and training, as Llama 3 was made. Round 0 is supervised fine-tuning and the
 * first reward model; sampling options other than the temperature are those of ppo, DPO's are those of dpo.
 *
 * @param rounds rounds after round 0
 * @param promptsPerRound prompts answered in a round; each round takes the next ones
 * @param samplesPerPrompt answers to each prompt, from the best model so far
 * @param temperature of these answers
 * @param initialPairs preference pairs that the first reward model learns from; 0 takes all
 * @param labelsPerRound pairs of answers that the built-in task labels in a round, as a person would; 0 labels none
 * @param labelsPerPrompt at most so many of them are answers to one prompt
 * @param replay older pairs that are mixed in for each new one when the reward model is refreshed
 * @param refresh training of the reward model on new and replayed pairs, from the reward model of the round before
 * @param sft training on the selected answers
 * @param sftSelect which answers are imitated
 * @param pairSelect which answers become pairs
 * @param dpoReference what DPO holds the policy to: start (of this round's DPO, which moves) or first (round 0's model)
 * @param learningRateDecay factor by which the learning rates of sft and dpo change from one round to the next
 * @param validationPrompts prompts of data.prompts_train that no round answers; they decide which rounds are kept
 * @param keepBy what a round must raise to be kept: gold (the task's judge) or reward (the round's reward model)
 * @param keepMinGain by how much, on average over the validation prompts
 * @param keepMinErrors by how many standard errors of that average, so that chance keeps few rounds
 * @param evalPrompts test prompts that are reported on and decide nothing; 0 takes all
 */
public record FlywheelConfig(@Default("6") int rounds, @Default("1024") int promptsPerRound,
    @Default("8") int samplesPerPrompt, @Default("1.0") double temperature, @Default("0") int initialPairs,
    @Default("0") int labelsPerRound, @Default("1") int labelsPerPrompt, @Default("1.0") double replay,
    @Default("{}") RewardConfig refresh,
    @Default("{epochs: 1, learning_rate: 2.0e-6}") SftConfig sft, @Default("{strategy: best}") SelectConfig sftSelect,
    @Default("{strategy: pairs}") SelectConfig pairSelect, @Default("start") DpoReference dpoReference,
    @Default("1.0") double learningRateDecay, @Default("256") int validationPrompts,
    @Default("gold") KeepBy keepBy, @Default("0.0") double keepMinGain, @Default("1.0") double keepMinErrors,
    @Default("0") int evalPrompts) {

  /** What DPO holds the policy to. */
  public enum DpoReference {
    /** The model that this round's DPO starts from. */
    START,
    /** The model of round 0. */
    FIRST
  }

  /** What decides whether a round is kept. */
  public enum KeepBy {
    /** The mean score of the task's judge. */
    GOLD,
    /** The mean score of the round's reward model, for the old answers as well. */
    REWARD
  }

  public FlywheelConfig {
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
