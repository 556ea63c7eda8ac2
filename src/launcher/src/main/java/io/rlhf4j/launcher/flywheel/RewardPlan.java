package io.rlhf4j.launcher.flywheel;

import io.rlhf4j.config.FlywheelConfig;
import io.rlhf4j.config.FlywheelConfig.KeepBy;
import io.rlhf4j.config.FlywheelConfig.LabelBy;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.launcher.stage.RewardSource;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Who scores answers, labels pairs and decides about rounds, with what the recipe leaves open filled in.
 *
 * @param recipe has the rewards and the judge
 * @param labelBy who labels
 * @param keepBy who decides
 */
record RewardPlan(RecipeConfig recipe, LabelBy labelBy, KeepBy keepBy) {

  /**
   * @param hasTask whether there is a built-in task, whose judge knows gold scores
   * @throws InputException if a key asks for somebody who is not there
   */
  static RewardPlan of(RecipeConfig recipe, boolean hasTask) {
    FlywheelConfig config = recipe.flywheel();
    boolean hasJudge = !config.judge().isEmpty();
    LabelBy labelBy = config.labelBy() != null ? config.labelBy()
        : hasTask ? LabelBy.GOLD : hasJudge ? LabelBy.JUDGE : LabelBy.REWARDS;
    KeepBy keepBy = config.keepBy() != null ? config.keepBy()
        : hasTask ? KeepBy.GOLD : hasJudge ? KeepBy.JUDGE : KeepBy.REWARD;
    RewardPlan plan = new RewardPlan(recipe, labelBy, keepBy);
    plan.check(hasTask);
    return plan;
  }

  private void check(boolean hasTask) {
    FlywheelConfig config = recipe.flywheel();
    if (config.labelsPerRound() > 0 && !trainsReward()) {
      throw InputException.key("flywheel.labels_per_round", "is " + config.labelsPerRound()
          + ", must be 0 where the recipe's rewards score and flywheel.trained_weight is 0: nothing learns from labels");
    }
    if (config.labelsPerRound() > 0 && labelBy == LabelBy.GOLD && !hasTask) {
      throw InputException.key("flywheel.label_by", "is gold, must be judge or rewards without a task");
    }
    if (config.labelsPerRound() > 0 && labelBy == LabelBy.REWARDS && recipe.rewards().isEmpty()) {
      throw InputException.key("flywheel.labels_per_round", "is " + config.labelsPerRound() + ", must be 0 where nobody"
          + " labels: there is no task, flywheel.judge and rewards are empty");
    }
    if (keepBy == KeepBy.GOLD && !hasTask) {
      throw InputException.key("flywheel.keep_by", "is gold, must be judge or reward without a task");
    }
  }

  /** Whether rounds train a reward model. */
  boolean trainsReward() {
    return recipe.rewards().isEmpty() || recipe.flywheel().trainedWeight() > 0;
  }

  /** What scores the answers of a round. */
  RewardSource scores(Optional<Path> trained) {
    double weight = recipe.rewards().isEmpty() ? 1 : recipe.flywheel().trainedWeight();
    return new RewardSource(recipe.rewards(), trained, weight);
  }

  /** What is shown two answers at a time to label them; not asked where the task's judge labels. */
  RewardSource labels() {
    return RewardSource.of(labelBy == LabelBy.JUDGE ? recipe.flywheel().judge() : recipe.rewards());
  }

  /** What is shown a round's answer and an older one; not asked where gold scores decide. */
  RewardSource decides(Optional<Path> trained) {
    return keepBy == KeepBy.JUDGE ? RewardSource.of(recipe.flywheel().judge()) : scores(trained);
  }

  /** All of these that are asked in a round. */
  Set<RewardSource> all(Optional<Path> trained) {
    Set<RewardSource> all = new LinkedHashSet<>();
    if (recipe.flywheel().labelsPerRound() > 0 && labelBy != LabelBy.GOLD) {
      all.add(labels());
    }
    if (keepBy != KeepBy.GOLD) {
      all.add(decides(trained));
    }
    all.add(scores(trained));
    return all;
  }

  /** The lists of rewards among them, which are there before anything is trained. */
  List<List<RewardSpec>> given() {
    Optional<Path> later = trainsReward() ? Optional.of(Path.of("reward")) : Optional.empty();
    return all(later).stream().map(RewardSource::rewards).filter(list -> !list.isEmpty()).distinct().toList();
  }

  /** In words, for records and tables. */
  String decidedBy() {
    return switch (keepBy) {
      case GOLD -> "gold score";
      case JUDGE -> "the judge's verdict";
      case REWARD -> "reward";
    };
  }
}
