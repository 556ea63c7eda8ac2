package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.DataConfig;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.ModelRewardSpec.Judge;
import io.rlhf4j.config.ModelRewardSpec.JudgeMode;
import io.rlhf4j.config.ModelRewardSpec.Pair;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.config.RewardSpec.Ensemble;
import io.rlhf4j.config.RuleSpec.Accuracy;
import io.rlhf4j.data.LabelledPrompts;
import io.rlhf4j.data.PromptRow;
import io.rlhf4j.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The {@code rewards} of a recipe as PPO needs them. Its rollouts are tokens without labels, and most prompts have one
 * sample, so a reward that needs more would score nothing, which counts as 0: the run would optimise a constant.
 */
final class PpoRewards {

  private final RecipeConfig recipe;
  private final DataConfig data;
  private final Set<Path> answerFiles = new LinkedHashSet<>();
  private final List<RewardSpec> specs;

  private PpoRewards(RecipeConfig recipe, DataConfig data) {
    this.recipe = recipe;
    this.data = data;
    this.specs = recipe.rewards().stream().map(this::ready).toList();
  }

  /** @throws InputException if a reward could score no answer of PPO */
  static PpoRewards of(RecipeConfig recipe, DataConfig data) {
    return new PpoRewards(recipe, data);
  }

  /** The list with {@code data.prompts_train} as the file of right answers where none is named. */
  List<RewardSpec> specs() {
    return specs;
  }

  /** How many prompts have no right answer, a line for each file of them. */
  List<String> unlabelled(String key, List<PromptRow> prompts) {
    List<String> lines = new ArrayList<>();
    for (Path file : answerFiles) {
      Map<List<ChatMessage>, String> labels = LabelledPrompts.read(file);
      long missing = prompts.stream().filter(row -> !labels.containsKey(row.messages())).count();
      if (missing > 0) {
        lines.add("rewards: accuracy finds no right answer in " + file + " for " + missing + " of " + prompts.size()
            + " prompts of " + key + "; they count as 0");
      }
    }
    return lines;
  }

  private RewardSpec ready(RewardSpec spec) {
    return switch (spec) {
      case Ensemble all ->
          new Ensemble(all.weight(), all.rule(), all.penalty(), all.members().stream().map(this::ready).toList());
      case Accuracy rule -> withAnswers(rule);
      case Pair pair -> comparing("pair", pair);
      case Judge judge when judge.mode() == JudgeMode.PAIRWISE -> comparing("judge with pairwise", judge);
      case RewardSpec other -> other;
    };
  }

  private RewardSpec comparing(String kind, RewardSpec spec) {
    if (recipe.ppo().samplesPerPrompt() < 2) {
      throw InputException.key("ppo.samples_per_prompt", "is " + recipe.ppo().samplesPerPrompt()
          + ", must be at least 2 for the reward of kind " + kind + ", which compares the answers to a prompt");
    }
    return spec;
  }

  private RewardSpec withAnswers(Accuracy rule) {
    Path file = rule.answers() != null ? rule.answers() : data.requirePromptsTrain();
    try {
      LabelledPrompts.read(file);
    } catch (InputException e) {
      throw rule.answers() != null ? e : new InputException("rewards: accuracy has no answers, must name a file of "
          + "prompts and labels, or the rows of data.prompts_train must have label or answer (" + e.getMessage() + ")",
          e);
    }
    answerFiles.add(file);
    return new Accuracy(rule.weight(), rule.right(), rule.wrong(), rule.extract(), file);
  }
}
