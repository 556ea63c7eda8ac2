package io.rlhf4j.launcher.ppo;

/** What can happen to a run. Events of an earlier attempt come too late and are ignored. */
public sealed interface CourseEvent {

  /** The attempt it belongs to. */
  long attempt();

  /**
   * The roles hold what the last commit holds.
   *
   * @param finished iterations behind that commit
   * @param fresh whether there was no commit, so that the run begins
   */
  record Opened(long attempt, int finished, boolean fresh) implements CourseEvent {}

  /** Something happened to the iteration. */
  record Happened(long attempt, IterationEvent event) implements CourseEvent {}

  /** The hooks after {@code finished} iterations have returned, and a checkpoint is written if one was due. */
  record Reported(long attempt, int finished) implements CourseEvent {}

  /** The last hook has returned. */
  record Closed(long attempt) implements CourseEvent {}

  /** The commit from which another run can go on is written. */
  record Left(long attempt) implements CourseEvent {}

  /** A role went away while no iteration was on its way. */
  record RoleLost(long attempt, RuntimeException reason) implements CourseEvent {}

  /** Something cannot be done. */
  record CallFailed(long attempt, RuntimeException reason) implements CourseEvent {}

  /** The run is to end soon, in a state from which it can go on. */
  record StopWanted() implements CourseEvent {
    @Override
    public long attempt() {
      return 0;
    }
  }
}
