package io.rlhf4j.launcher.quickstart;

import io.rlhf4j.config.InputException;

/**
 * How many rows each file gets.
 *
 * @param sft conversations to imitate
 * @param preferenceTrain preference pairs to learn from
 * @param preferenceTest preference pairs to test on
 * @param promptsTrain prompts for PPO
 * @param promptsTest prompts for evaluation
 */
public record TaskSizes(int sft, int preferenceTrain, int preferenceTest, int promptsTrain, int promptsTest) {

  public static final TaskSizes DEFAULT = new TaskSizes(4_000, 12_000, 1_000, 2_000, 256);

  public TaskSizes {
    if (Math.min(Math.min(sft, preferenceTrain), Math.min(preferenceTest, Math.min(promptsTrain, promptsTest))) < 1) {
      throw new InputException("every file of the task " + QuickstartTask.NAME + " needs at least 1 row");
    }
  }

  int of(TaskFile file) {
    return switch (file) {
      case SFT -> sft;
      case PREFERENCE_TRAIN -> preferenceTrain;
      case PREFERENCE_TEST -> preferenceTest;
      case PROMPTS_TRAIN -> promptsTrain;
      case PROMPTS_TEST -> promptsTest;
    };
  }
}
