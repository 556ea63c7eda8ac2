package io.rlhf4j.reward.kind;

import io.rlhf4j.config.InferencePrecision;
import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.config.RuleSpec;
import java.util.Locale;

/** Makes the reward that a section describes. */
final class RewardKinds {

  private RewardKinds() {}

  /**
   * @param precision of reward models with a score head; all others compute in fp32
   * @throws io.rlhf4j.config.InputException if it cannot be made
   */
  static Reward open(RewardSpec spec, InferencePrecision precision) {
    return switch (spec) {
      case RewardSpec.Sequence sequence -> SequenceReward.open(sequence, precision);
      case RewardSpec.Ensemble ensemble -> EnsembleReward.open(ensemble, precision);
      case RewardSpec.Random random -> new RandomReward(random.seed());
      case RewardSpec.Java java -> JavaReward.open(java);
      case ModelRewardSpec.Dpo dpo -> DpoReward.open(dpo);
      case ModelRewardSpec.Pair pair -> PairReward.open(pair);
      case ModelRewardSpec.Judge judge -> JudgeReward.open(judge);
      case ModelRewardSpec.Process process -> ProcessReward.open(process);
      case ModelRewardSpec.Remote remote -> RemoteHttpReward.open(remote);
      case RuleSpec.Format format -> TextRules.format(format);
      case RuleSpec.Regex regex -> TextRules.regex(regex);
      case RuleSpec.Length length -> TextRules.length(length);
      case RuleSpec.Repetition repetition -> TextRules.repetition(repetition);
      case RuleSpec.Language language -> TextRules.language(language);
      case RuleSpec.Accuracy accuracy -> AccuracyReward.open(accuracy);
      case RuleSpec.Perplexity perplexity -> PerplexityReward.open(perplexity);
    };
  }

  /** The word for it in YAML. */
  static String name(RewardSpec spec) {
    return spec.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }
}
