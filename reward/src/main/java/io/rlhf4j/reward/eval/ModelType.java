package io.rlhf4j.reward.eval;

import io.rlhf4j.config.ModelRewardSpec;
import io.rlhf4j.config.RewardSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What RewardBench calls a kind of reward. */
public enum ModelType {

  SEQUENCE_CLASSIFIER("Seq. Classifier", 0), CUSTOM_CLASSIFIER("Custom Classifier", 0), DPO("DPO", 0),
  /** A judge that does not decide, or says nothing that can be read, gets half a point, as in RewardBench. */
  GENERATIVE("Generative", 0.5), RANDOM("Random", 0);

  private final String label;
  private final double creditOfUndecided;

  ModelType(String label, double creditOfUndecided) {
    this.label = label;
    this.creditOfUndecided = creditOfUndecided;
  }

  public String label() {
    return label;
  }

  /** What a pair is worth: 1 if it is correct, for generative rewards 0.5 if it is tied or has no score, else 0. */
  double credit(JudgedPair pair) {
    return pair.correct() ? 1 : pair.tied() || pair.unscored() ? creditOfUndecided : 0;
  }

  /** The model that a policy trained with DPO is compared with; null for other rewards and without one. */
  public static @Nullable String referenceModel(List<RewardSpec> rewards) {
    return rewards.getFirst() instanceof ModelRewardSpec.Dpo dpo && rewards.size() == 1 && dpo.reference() != null
        ? dpo.reference().toString() : null;
  }

  /** A mix is a classifier of its own kind. */
  public static ModelType of(List<RewardSpec> rewards) {
    if (rewards.size() > 1) {
      return CUSTOM_CLASSIFIER;
    }
    return switch (rewards.getFirst()) {
      case RewardSpec.Sequence sequence -> SEQUENCE_CLASSIFIER;
      case RewardSpec.Random random -> RANDOM;
      case ModelRewardSpec.Dpo dpo -> DPO;
      case ModelRewardSpec.Judge judge -> GENERATIVE;
      case RewardSpec other -> CUSTOM_CLASSIFIER;
    };
  }
}
