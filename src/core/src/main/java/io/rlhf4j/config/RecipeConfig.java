package io.rlhf4j.config;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A whole recipe: everything that decides what a run does. {@link RecipeLoader} reads it.
 *
 * @param name name of the run; left out, it is the name of the recipe file
 * @param seed seed of every random choice: initial weights, order of the data, sampled tokens
 * @param runDir directory of all runs; this one is written to run_dir/name
 * @param threads CPU threads that a role computes with; 0 takes as many as there are cores
 * @param task built-in task that generates the data files and scores answers for reports; null uses the files of data
 * @param tokenizer where the tokenizer comes from
 * @param model the language model that everything starts from
 * @param data data files and limits
 * @param sft supervised fine-tuning
 * @param reward training of the reward model
 * @param rewards where scores come from when answers are scored, served, selected or optimised: a list of sections,
 *     each with a kind (sequence, pair, dpo, judge, process, remote, ensemble, format, regex, accuracy, length,
 *     repetition, language, perplexity, random, java), a weight and the keys of its kind, see src/docs/reward-use.md;
 *     empty is the reward model that the recipe trains
 * @param ppo proximal policy optimisation
 * @param dpo direct preference optimisation
 * @param select which scored answers become training data
 * @param flywheel rounds of sampling, rewarding, selecting and training
 * @param devices what the roles of PPO compute on
 * @param cluster roles in separate JVMs; left out, one JVM runs everything
 */
public record RecipeConfig(@Default("run") String name, @Default("17") long seed, @Default("runs") Path runDir,
    @Default("0") int threads, @Default("null") @Nullable String task, @Default("{}") TokenizerConfig tokenizer,
    @Default("{}") ModelConfig model, @Default("{}") DataConfig data, @Default("{}") SftConfig sft,
    @Default("{}") RewardConfig reward, @Default("[]") List<RewardSpec> rewards, @Default("{}") PpoConfig ppo,
    @Default("{}") DpoConfig dpo,
    @Default("{}") SelectConfig select, @Default("{}") FlywheelConfig flywheel,
    @Default("{}") DevicesConfig devices, @Default("null") @Nullable ClusterConfig cluster) {

  public RecipeConfig {
    rewards = List.copyOf(rewards);
    Check.that(name.matches("[A-Za-z0-9][A-Za-z0-9._-]*"), "name", "'" + name + "'",
        "letters, digits, '.', '_' and '-', starting with a letter or digit");
    Check.notNegative("threads", threads);
    if (model.path() == null) {
      int longest = model.maxPositionEmbeddings();
      Check.that(data.maxLength() <= longest, "data.max_length", data.maxLength(),
          "at most model.max_position_embeddings = " + longest);
      Check.that(data.maxPromptLength() + ppo.maxNewTokens() <= longest, "ppo.max_new_tokens", ppo.maxNewTokens(),
          "at most model.max_position_embeddings - data.max_prompt_length = " + (longest - data.maxPromptLength()));
    }
  }

  /** A recipe from YAML text, for programs and tests. Keys left out have their defaults. */
  public static RecipeConfig parse(String yaml) {
    return RecordBinder.bind(RecipeConfig.class, Preset.expand(YamlReader.readText(yaml)), "");
  }

  /** The same recipe with another list of rewards. */
  public RecipeConfig withRewards(List<RewardSpec> others) {
    return new RecipeConfig(name, seed, runDir, threads, task, tokenizer, model, data, sft, reward, others, ppo, dpo,
        select, flywheel, devices, cluster);
  }

  /** The same recipe with other keys of the model. */
  public RecipeConfig withModel(ModelConfig other) {
    return new RecipeConfig(name, seed, runDir, threads, task, tokenizer, other, data, sft, reward, rewards, ppo, dpo,
        select, flywheel, devices, cluster);
  }

  /** {@code run_dir/name}. */
  public Path runDirectory() {
    return runDir.resolve(name);
  }

  /** Every key with its value, defaults included; {@link #parse} gives an equal recipe back. */
  public String resolvedYaml() {
    return RecordYaml.write(this);
  }

  /**
   * {@link #resolvedYaml()} without name, directory, and where the roles run: devices and cluster. A run goes on with
   * any recipe of the same identity.
   */
  public String identity() {
    boolean[] place = {false};
    return resolvedYaml().lines().filter(line -> {
      place[0] = line.startsWith(" ") ? place[0] : line.startsWith("cluster:") || line.startsWith("devices:");
      return !place[0] && !line.startsWith("name:") && !line.startsWith("run_dir:");
    }).collect(Collectors.joining("\n"));
  }

  /** SHA-256 of {@link #resolvedYaml()}, in hexadecimal. */
  public String hash() {
    return RecordYaml.sha256(resolvedYaml());
  }
}
