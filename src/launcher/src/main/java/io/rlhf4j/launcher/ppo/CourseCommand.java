package io.rlhf4j.launcher.ppo;

/** What a run wants done. */
public sealed interface CourseCommand {

  /** The attempt that it belongs to. */
  long attempt();

  /** Find the roles and give them what the last commit holds: {@code Opened}. */
  record Open(long attempt) implements CourseCommand {}

  /** A command of the iteration: {@code Happened}. */
  record Iterate(long attempt, IterationCommand command) implements CourseCommand {}

  /** The hooks before the first iteration, and the first commit: {@code Reported}. */
  record Prelude(long attempt) implements CourseCommand {}

  /** The hooks after an iteration, and a commit if one is due: {@code Reported}. */
  record Report(long attempt, IterationState.Finished iteration) implements CourseCommand {}

  /** The last hook: {@code Closed}. */
  record Finish(long attempt) implements CourseCommand {}

  /** A commit of what {@code finished} iterations led to: {@code Left}. */
  record Leave(long attempt, int finished) implements CourseCommand {}

  /** Drop whatever is still running for this attempt. */
  record Cancel(long attempt) implements CourseCommand {}
}
