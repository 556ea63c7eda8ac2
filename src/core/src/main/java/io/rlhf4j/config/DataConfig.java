package io.rlhf4j.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Data files (.jsonl, .jsonl.gz or .json) and limits. Relative paths start at the current directory.
 *
 * @param sft examples for supervised fine-tuning: rows with messages, or with prompt and response
 * @param preferenceTrain preference pairs for the reward model: rows with chosen and rejected
 * @param preferenceTest preference pairs that only measure the reward model; null takes test_fraction of the others
 * @param promptsTrain prompts that PPO samples answers for
 * @param promptsTest prompts that only measure; null measures on the training prompts
 * @param chatTemplate file with a Jinja chat template; null takes the tokenizer's own
 * @param format layout of the preference rows: auto, standard or hh-rlhf
 * @param maxLength longest training sequence in tokens, prompt and response together; longer rows are skipped
 * @param maxPromptLength longest prompt in tokens; longer rows are skipped
 * @param testFraction share of preference_train that is held out when there is no preference_test
 */
public record DataConfig(@Default("null") @Nullable Path sft, @Default("null") @Nullable Path preferenceTrain,
    @Default("null") @Nullable Path preferenceTest, @Default("null") @Nullable Path promptsTrain,
    @Default("null") @Nullable Path promptsTest, @Default("null") @Nullable Path chatTemplate,
    @Default("auto") DataFormat format, @Default("512") int maxLength, @Default("256") int maxPromptLength,
    @Default("0.0") double testFraction) {

  public DataConfig {
    Check.atLeast("max_length", maxLength, 2);
    Check.atLeast("max_prompt_length", maxPromptLength, 1);
    Check.that(maxPromptLength < maxLength, "max_prompt_length", maxPromptLength, "below max_length = " + maxLength);
    Check.below("test_fraction", testFraction, 0, 1);
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
      throw InputException.key("data." + key, "is missing, must name a .jsonl, .jsonl.gz or .json file");
    }
    return file;
  }
}
