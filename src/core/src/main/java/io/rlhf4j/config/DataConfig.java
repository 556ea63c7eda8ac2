package io.rlhf4j.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Data files (.jsonl, .json or .parquet, the first two also with .gz or .zst) and limits. Relative paths start at the
 * current directory.
 *
 * @param sft examples for supervised fine-tuning: rows with messages, or with prompt and response; rlhf ppo can do
 *     without where model.path names a model, sft.epochs is 0 and nothing is imitated or streamed
 * @param preferenceTrain preference pairs for the reward model: rows with chosen and rejected; for reward.type process,
 *     rows with prompt, completions (steps) and labels
 * @param preferenceMix several files of preference pairs in place of preference_train: a list of sections with path,
 *     weight (1.0), format (auto) and fields
 * @param preferenceTest preference pairs that only measure the reward model; null takes test_fraction of the others
 * @param preferenceTestMix several such files in place of preference_test, each also measured by itself under its
 *     name: a list of sections with path, format (auto) and fields
 * @param promptsTrain prompts that PPO samples answers for
 * @param promptsTest prompts that only measure; null measures on the training prompts
 * @param chatTemplate file with a Jinja chat template, used by and saved with every model that is trained or sampled
 *     from; null takes the tokenizer's own. Models of rewards keep theirs
 * @param format layout of the preference rows: auto, standard, hh-rlhf, xtuner, ultrafeedback-binarized,
 *     orpo-dpo-mix, skywork-preference, preference-mixture2, ultrafeedback, helpsteer2 or tokenized (token ids)
 * @param fields names of the columns of preference rows, for files that call them otherwise
 * @param minScoreGap pairs whose margin or score difference is smaller are skipped; 0 keeps all
 * @param rowHook class on the class path, an io.rlhf4j.data.RowHook, that sees every row of the preference files first
 *     and may change it or leave it out
 * @param streaming whether the tokens of data files are kept in files beside the checkpoints in place of memory (rlhf
 *     sft, dpo, reward train and ppo); results are the same
 * @param maxLength longest training sequence in tokens, prompt and response together; longer rows are skipped
 * @param maxPromptLength longest prompt in tokens; longer rows are skipped
 * @param testFraction share of preference_train that is held out when there is no preference_test
 */
public record DataConfig(@Default("null") @Nullable Path sft, @Default("null") @Nullable Path preferenceTrain,
    @Default("[]") List<DatasetConfig> preferenceMix, @Default("null") @Nullable Path preferenceTest,
    @Default("[]") List<DatasetConfig> preferenceTestMix,
    @Default("null") @Nullable Path promptsTrain, @Default("null") @Nullable Path promptsTest,
    @Default("null") @Nullable Path chatTemplate,
    @Default("auto") DataFormat format, @Default("{}") FieldsConfig fields,
    @Default("0.0") double minScoreGap, @Default("null") @Nullable String rowHook,
    @Default("false") boolean streaming, @Default("512") int maxLength, @Default("256") int maxPromptLength,
    @Default("0.0") double testFraction) {

  public DataConfig {
    Check.atLeast("max_length", maxLength, 2);
    Check.atLeast("max_prompt_length", maxPromptLength, 1);
    Check.that(maxPromptLength < maxLength, "max_prompt_length", maxPromptLength, "below max_length = " + maxLength);
    Check.below("test_fraction", testFraction, 0, 1);
    Check.notNegative("min_score_gap", minScoreGap);
    DatasetConfig.checkFields(format, fields);
    preferenceMix = List.copyOf(preferenceMix);
    Check.that(preferenceTrain == null || preferenceMix.isEmpty(), "preference_mix", "given",
        "left out with preference_train, or take that in as one of its files");
    preferenceTestMix = List.copyOf(preferenceTestMix);
    Check.that(preferenceTest == null || preferenceTestMix.isEmpty(), "preference_test_mix", "given",
        "left out with preference_test, or take that in as one of its files");
    Check.that(preferenceTestMix.stream().allMatch(file -> file.weight() == 1), "preference_test_mix",
        "given with a weight", "without one: each pair is measured once");
  }

  /** The same with other files. */
  public DataConfig withFiles(Path sft, Path preferenceTrain, Path preferenceTest, Path promptsTrain,
      Path promptsTest) {
    return new DataConfig(sft, preferenceTrain, List.of(), preferenceTest, List.of(), promptsTrain, promptsTest,
        chatTemplate, format, fields, minScoreGap, rowHook, streaming, maxLength, maxPromptLength, testFraction);
  }

  /**
   * The preference files to learn from: those of the mix, or the one of {@code data.preference_train}.
   *
   * @throws InputException if there are none
   */
  public List<DatasetConfig> requirePreferences() {
    return preferenceMix.isEmpty() ? List.of(new DatasetConfig(requirePreferenceTrain(), 1, format, fields))
        : preferenceMix;
  }

  /** The files that only measure; empty if a share of the others is held out instead. */
  public List<DatasetConfig> preferenceTests() {
    return preferenceTest == null ? preferenceTestMix
        : List.of(new DatasetConfig(preferenceTest, 1, format, fields));
  }

  /** The file of {@code data.sft}, which the command at hand cannot do without. */
  public Path requireSft() {
    return require("sft", sft);
  }

  public Path requirePreferenceTrain() {
    return require("preference_train", preferenceTrain);
  }

  public Path requirePromptsTrain() {
    return require("prompts_train", promptsTrain);
  }

  private static Path require(String key, @Nullable Path file) {
    if (file == null) {
      throw InputException.key("data." + key, "is missing, must name a .jsonl, .json or .parquet file");
    }
    return file;
  }
}
