package io.rlhf4j.rpc;

/** A call to a role failed. The message is one line that starts with role and endpoint. */
public final class RoleException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Endpoint endpoint;
  private final boolean lost;

  public RoleException(Endpoint endpoint, String problem, Throwable cause) {
    this(endpoint, problem, cause, false);
  }

  private RoleException(Endpoint endpoint, String problem, Throwable cause, boolean lost) {
    super(endpoint + ": " + problem, cause);
    this.endpoint = endpoint;
    this.lost = lost;
  }

  /** The role is not there any more, or has forgotten its model. */
  static RoleException lost(Endpoint endpoint, String problem, Throwable cause) {
    return new RoleException(endpoint, problem, cause, true);
  }

  /** Which role failed. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Whether the same call may work once the role is prepared again, there or elsewhere. */
  public boolean isLost() {
    return lost;
  }
}
