package io.rlhf4j.rpc;

/** A call to a role failed. The message is one line that starts with role and endpoint. */
public final class RoleException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient Endpoint endpoint;

  public RoleException(Endpoint endpoint, String problem, Throwable cause) {
    super(endpoint + ": " + problem, cause);
    this.endpoint = endpoint;
  }

  /** Which role failed. */
  public Endpoint endpoint() {
    return endpoint;
  }
}
