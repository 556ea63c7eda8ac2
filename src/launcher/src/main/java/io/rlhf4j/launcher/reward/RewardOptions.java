package io.rlhf4j.launcher.reward;

import io.rlhf4j.config.InputException;
import io.rlhf4j.config.RecipeConfig;
import io.rlhf4j.config.RecipeLoader;
import io.rlhf4j.config.RewardSpec;
import io.rlhf4j.reward.kind.Rewards;
import io.rlhf4j.tensor.Compute;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which rewards a command works with; use it as a picocli mixin. */
final class RewardOptions {

  private static final int MAX_TOKENS = 16384;

  @Parameters(arity = "0..1", paramLabel = "RECIPE", description = {
      "YAML file with a list of rewards, for example configs/reward/rules.yaml.",
      "Without such a list: the reward model that the recipe has trained."})
  private @Nullable Path recipe;

  @Option(names = "--model", paramLabel = "DIR", description = "A reward model, in place of a recipe.")
  private @Nullable Path model;

  @Option(names = "--normalize",
      description = "For one reward model: (score - mean) / std, as measured at the end of training.")
  private boolean normalize;

  @Option(names = "--threads", paramLabel = "N", description = "CPU threads; 0 takes all cores. Default: the recipe's.")
  private @Nullable Integer threads;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "fp32", description = {
      "fp32, or int8: reward models with a score head compute with 8-bit matrices (CPU), which needs --pairs.",
      "Default: ${DEFAULT-VALUE}."})
  private String precision = "fp32";

  @Option(names = "--pairs", paramLabel = "FILE", description = {
      "With --precision int8: rows with prompt, chosen and rejected, the first 1000 of which are scored both ways.",
      "Where fewer than 99 % are ordered alike, scores stay in fp32."})
  private @Nullable Path pairs;

  @Option(names = {"-o", "--override"}, paramLabel = "KEY=VALUE",
      description = "Set a key of the recipe, for example -o seed=3. May be repeated.")
  private List<String> overrides = new ArrayList<>();

  /** Reads the recipe and divides the cores. */
  List<RewardSpec> load() {
    if ((recipe == null) == (model == null)) {
      throw new InputException("give either a recipe or --model DIR");
    }
    if (recipe == null) {
      if (!overrides.isEmpty()) {
        throw InputException.key("-o", "sets keys of a recipe, must be left out with --model");
      }
      Compute.configure(threads == null ? 0 : threads, 1);
      return List.of(new RewardSpec.Sequence(1, model, normalize, MAX_TOKENS));
    }
    RecipeConfig config = RecipeLoader.load(recipe, overrides);
    if (normalize && !config.rewards().isEmpty()) {
      throw InputException.key("--normalize", "is for one reward model, must be left out where the recipe has a list of"
          + " rewards; those of kind sequence have the key normalize");
    }
    Compute.configure(threads == null ? config.threads() : threads, 1);
    return config.rewards().isEmpty() ? trained(recipe, config) : config.rewards();
  }

  /**
   * Opens what {@link #load} has read.
   *
   * @param out told what INT8 changes, if it is asked for
   */
  Rewards open(List<RewardSpec> specs, PrintWriter out) {
    boolean int8 = precision.equals("int8");
    if (!int8 && !precision.equals("fp32")) {
      throw InputException.key("--precision", "is '" + precision + "', must be fp32 or int8");
    }
    if (int8 && pairs == null) {
      throw InputException.key("--pairs", "is missing, must name pairs to compare INT8 scores on");
    }
    return int8 ? Rewards.open(specs, Int8Check.choose(specs, pairs, out::println)) : Rewards.open(specs);
  }

  /** What the scores depend on besides the rewards. */
  String identity() {
    return precision.equals("fp32") ? "" : "\n" + precision + " " + pairs;
  }

  private List<RewardSpec> trained(Path file, RecipeConfig config) {
    Path trained = config.runDirectory().resolve("final").resolve("reward");
    if (!Files.isDirectory(trained)) {
      throw InputException.in(file, "has no list of rewards, and " + trained
          + " does not exist; add rewards, or train the reward model first");
    }
    return List.of(new RewardSpec.Sequence(1, trained, normalize, MAX_TOKENS));
  }
}
