package io.rlhf4j.cluster;

/**
 * This node could not reach the others of its cluster for a while, and they went on without it. Nobody's mistake; the
 * message is the line for the user.
 */
public final class CutOffException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** @param advice what to do, the end of the line */
  public CutOffException(String advice) {
    super("the other nodes of the cluster were out of reach and go on without this one; " + advice);
  }
}
