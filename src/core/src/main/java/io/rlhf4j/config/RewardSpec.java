package io.rlhf4j.config;

import java.nio.file.Path;
import java.util.List;

/**
 * One entry of the list {@code rewards}: where a score comes from. The key {@code kind} says which of these it is; with
 * several entries the score of an answer is the sum of {@code weight * score}.
 */
public sealed interface RewardSpec
    permits RewardSpec.Sequence, RewardSpec.Ensemble, RewardSpec.Random, RewardSpec.Java, RuleSpec,
    ModelRewardSpec {

  /** Factor in the sum. */
  double weight();

  /**
   * A reward model with a score head, read at the last token.
   *
   * @param weight factor in the sum
   * @param path model directory in Hugging Face layout
   * @param normalize whether to return {@code (score - mean) / std} with the values measured at the end of training
   * @param maxTokens tokens in one forward pass
   */
  @Kind("sequence")
  record Sequence(@Default("1") double weight, Path path, @Default("false") boolean normalize,
      @Default("16384") int maxTokens) implements RewardSpec {

    public Sequence {
      Check.finite("weight", weight);
      Check.atLeast("max_tokens", maxTokens, 1);
    }
  }

  /**
   * Several scores for each answer, made one.
   *
   * @param weight factor in the sum
   * @param rule mean, min (the most pessimistic member decides) or uncertainty (mean minus penalty times the standard
   *     deviation of the members)
   * @param penalty factor of the standard deviation
   * @param members rewards of any kind; their weights scale them before the rule is applied
   */
  @Kind("ensemble")
  record Ensemble(@Default("1") double weight, @Default("mean") EnsembleRule rule, @Default("1") double penalty,
      List<RewardSpec> members) implements RewardSpec {

    public Ensemble {
      Check.finite("weight", weight);
      Check.notNegative("penalty", penalty);
      Check.that(!members.isEmpty(), "members", "empty", "a list of rewards");
      members = List.copyOf(members);
    }
  }

  /**
   * Scores without meaning, uniform in [0, 1): what any other reward has to beat.
   *
   * @param weight factor in the sum
   * @param seed the same seed, prompt and answer give the same score
   */
  @Kind("random")
  record Random(@Default("1") double weight, @Default("17") long seed) implements RewardSpec {

    public Random {
      Check.finite("weight", weight);
    }
  }

  /**
   * A class of the user's, found on the class path: it implements {@code io.rlhf4j.reward.kind.AnswerReward} or
   * {@code GroupReward} and has a public constructor without parameters or with one {@code List<String>}.
   *
   * @param weight factor in the sum
   * @param className fully qualified name of the class
   * @param arguments texts for its constructor
   */
  @Kind("java")
  record Java(@Default("1") double weight, String className, @Default("[]") List<String> arguments)
      implements RewardSpec {

    public Java {
      Check.finite("weight", weight);
      arguments = List.copyOf(arguments);
    }
  }
}
