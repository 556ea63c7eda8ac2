package io.rlhf4j.launcher.ppo;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the caller of a run wants to see. Hooks come one at a time and hold the run up while they work; an exception
 * ends the run.
 */
public interface PpoHooks {

  /** This JVM is a node of the cluster; {@code address} is where it answers. */
  default void joined(String address) {}

  /** The roles have their models; before the first evaluation. */
  default void ready(RoleSet roles) {}

  /** Before the first iteration, after the last, and in between as scheduled. {@code finished} iterations are done. */
  default void evaluate(int finished, RoleSet roles) {}

  /** A sign of life while an iteration runs; must return at once. */
  default void progress(long step, String phase, int done, int total) {}

  /** An iteration is done. */
  default void iteration(IterationReport report) {}

  /** Writes what the hooks remember, as part of a checkpoint. */
  default void save(Path directory) throws IOException {}

  /**
   * Goes back to what {@link #save} wrote, because the run goes on from there.
   *
   * @param directory empty at the beginning of a run that has no checkpoint
   */
  default void restore(Optional<Path> directory) throws IOException {}

  /** After the last evaluation: the place to save the models. */
  default void finished(RoleSet roles) {}
}
