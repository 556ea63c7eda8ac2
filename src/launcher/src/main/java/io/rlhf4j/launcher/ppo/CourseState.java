package io.rlhf4j.launcher.ppo;

/** Where a run stands; {@link Course} has the table of transitions. */
public sealed interface CourseState {

  /** Number of the attempt to go on from the last commit, from 1. */
  long attempt();

  /** Whether nothing can happen any more. */
  default boolean isEnd() {
    return this instanceof Ended || this instanceof Failed;
  }

  /** Roles are found and given what the last commit holds. */
  record Opening(long attempt) implements CourseState {}

  /** An iteration is on its way. */
  record Iterating(long attempt, IterationState iteration) implements CourseState {}

  /** {@code finished} iterations are done; hooks look at them and a checkpoint is written if one is due. */
  record Between(long attempt, int finished) implements CourseState {}

  /** All iterations are done; the last hook is at work. */
  record Ending(long attempt) implements CourseState {}

  /** The run ends early; a checkpoint of what {@code finished} iterations led to is being written. */
  record Leaving(long attempt, int finished) implements CourseState {}

  /** Over. */
  record Ended(long attempt, boolean early) implements CourseState {}

  /** Over: something cannot be done. */
  record Failed(long attempt, RuntimeException reason) implements CourseState {}
}
