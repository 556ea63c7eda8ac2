package io.rlhf4j.rpc;

/**
 * Which coordinator of which run calls. A role refuses a coordinator of a run that it knows a later one of.
 *
 * @param run name that all coordinators of one run share; empty for a caller that nobody replaces
 * @param epoch 1 for the first coordinator of a run, one more for each that takes over
 */
public record Fence(String run, long epoch) {

  /** A caller that nobody replaces. */
  public static final Fence NONE = new Fence("", 0);
}
