package io.rlhf4j.config;

/**
 * Checkpoints from which an interrupted stage goes on.
 *
 * @param saveStrategy when a checkpoint is written: no, steps or epoch
 * @param saveSteps optimiser steps between two checkpoints
 * @param saveTotalLimit checkpoints that are kept, the newest ones
 * @param averageCheckpoints the stage's result is the mean of so many states: its last one and the newest checkpoints
 *     before it; 1 averages nothing
 */
public record SaveConfig(@Default("steps") Strategy saveStrategy, @Default("500") int saveSteps,
    @Default("2") int saveTotalLimit, @Default("1") int averageCheckpoints) {

  public SaveConfig {
    Check.atLeast("save_steps", saveSteps, 1);
    Check.atLeast("save_total_limit", saveTotalLimit, 1);
    Check.atLeast("average_checkpoints", averageCheckpoints, 1);
    Check.that(averageCheckpoints <= saveTotalLimit, "average_checkpoints", averageCheckpoints,
        "at most save_total_limit (" + saveTotalLimit + "), because what is not kept cannot be averaged");
    Check.that(averageCheckpoints == 1 || saveStrategy != Strategy.NO, "average_checkpoints", averageCheckpoints,
        "1 with save_strategy no, which writes no checkpoint");
  }

  /** Writes none. */
  public static SaveConfig never() {
    return new SaveConfig(Strategy.NO, 1, 1, 1);
  }

  /** What of it decides about a stage's result: nothing, unless checkpoints are averaged. */
  SaveConfig decisive() {
    return averageCheckpoints == 1 ? never() : this;
  }

  /**
   * Whether a training that is told to end writes a checkpoint first. One that averages its checkpoints does not, since
   * the mean would be over other states than without the interruption; it goes on from the last that was due.
   */
  public boolean savesWhenStopped() {
    return saveStrategy != Strategy.NO && averageCheckpoints == 1;
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
