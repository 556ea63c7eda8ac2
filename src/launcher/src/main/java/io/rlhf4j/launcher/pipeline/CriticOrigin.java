package io.rlhf4j.launcher.pipeline;

import io.rlhf4j.config.CriticStart;
import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RewardSpec.Sequence;
import io.rlhf4j.model.ModelDescription;
import io.rlhf4j.model.ModelTokenizer;
import io.rlhf4j.model.family.DecoderShape;
import io.rlhf4j.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which reward model of the list {@code rewards} the critic starts from, if any.
 *
 * @param model its directory; empty if the critic starts from the policy
 * @param note a line for the user, where that may surprise
 */
record CriticOrigin(Optional<Path> model, Optional<String> note) {

  private static final String KEY = "ppo.critic.init_from";
  private static final CriticOrigin ELSEWHERE = new CriticOrigin(Optional.empty(), Optional.empty());

  /**
   * @param policy tokenizer of the policy, whose tokens the critic reads
   * @throws InputException if the recipe asks for the reward model and no critic can start from it
   */
  static CriticOrigin of(RecipeConfig recipe, Tokenizer policy) {
    CriticStart wanted = recipe.ppo().critic().initFrom();
    if (!recipe.ppo().usesCritic() || recipe.rewards().isEmpty() || wanted == CriticStart.POLICY) {
      return ELSEWHERE;
    }
    List<Sequence> models = recipe.rewards().stream().filter(Sequence.class::isInstance).map(Sequence.class::cast)
        .toList();
    Optional<String> problem = models.size() != 1
        ? Optional.of("rewards has " + (models.isEmpty() ? "no entry" : models.size() + " entries")
            + " of kind sequence")
        : problem(recipe, models.getFirst(), policy);
    if (problem.isEmpty()) {
      return new CriticOrigin(Optional.of(models.getFirst().path()), Optional.empty());
    }
    if (wanted == CriticStart.REWARD) {
      throw InputException.key(KEY, "is reward, must be policy or left out: " + problem.get());
    }
    return new CriticOrigin(Optional.empty(),
        problem.map(why -> KEY + ": the critic starts from the policy, because " + why));
  }

  private static Optional<String> problem(RecipeConfig recipe, Sequence reward, Tokenizer policy) {
    if (reward.weight() <= 0) {
      return Optional.of("the weight of " + reward.path() + " is not above 0");
    }
    DecoderShape shape = ModelDescription.read(reward.path()).shape();
    int longest = recipe.data().maxPromptLength() + recipe.ppo().maxNewTokens();
    if (shape.maxPositions() < longest) {
      return Optional.of(reward.path() + " reads " + shape.maxPositions() + " tokens, prompt and answer may have "
          + longest);
    }
    try (Tokenizer own = ModelTokenizer.load(reward.path(), shape)) {
      return own.hasTokensOf(policy) ? Optional.empty()
          : Optional.of(reward.path() + " has another tokenizer than the policy");
    }
  }
}
