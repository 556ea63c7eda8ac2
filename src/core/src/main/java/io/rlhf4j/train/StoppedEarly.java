package io.rlhf4j.train;

/** A run was asked to stop and has left a checkpoint from which the same command goes on. */
public final class StoppedEarly extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public StoppedEarly() {
    super("stopped; the same command goes on from the last checkpoint");
  }
}
