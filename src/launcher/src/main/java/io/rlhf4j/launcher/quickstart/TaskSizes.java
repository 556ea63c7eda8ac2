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

  public static final TaskSizes DEFAULT = new TaskSizes(12_000, 150_000, 8_000, 2_000, 256);

  static final int MAX_ROWS = 200_000;

  public TaskSizes {
    for (int rows : new int[] {sft, preferenceTrain, preferenceTest, promptsTrain, promptsTest}) {
      if (rows < 1 || rows > MAX_ROWS) {
        throw new InputException("a file of the task " + QuickstartTask.NAME + " cannot have " + rows
            + " rows; it has 1 to " + MAX_ROWS);
      }
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
