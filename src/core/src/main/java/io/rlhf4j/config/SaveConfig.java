package io.rlhf4j.config;

/**
 * Checkpoints from which an interrupted stage goes on.
 *
 * @param saveStrategy when a checkpoint is written: no, steps or epoch
 * @param saveSteps optimiser steps between two checkpoints
 * @param saveTotalLimit checkpoints that are kept, the newest ones
 */
public record SaveConfig(@Default("steps") Strategy saveStrategy, @Default("500") int saveSteps,
    @Default("2") int saveTotalLimit) {

  public SaveConfig {
    Check.atLeast("save_steps", saveSteps, 1);
    Check.atLeast("save_total_limit", saveTotalLimit, 1);
  }

  /** Writes none. */
  public static SaveConfig never() {
    return new SaveConfig(Strategy.NO, 1, 1);
  }

  /**
   * Whether a checkpoint is due.
   *
   * @param step optimiser steps done
   * @param epochEnded whether this step was the last of a pass over the data
   */
  public boolean savesAfter(int step, boolean epochEnded) {
    return switch (saveStrategy) {
      case NO -> false;
      case STEPS -> step % saveSteps == 0;
      case EPOCH -> epochEnded;
    };
  }
}
