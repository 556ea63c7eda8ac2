package io.rlhf4j.reward.kind;

/** A server that rewards ask cannot be reached or does not answer as it should; the message begins with its address. */
public final class RemoteException extends RuntimeException {

  private static final long serialVersionUID = 1L;
  private final String problem;
  private final boolean mayPass;

  /** @param mayPass whether the same request may succeed a little later */
  RemoteException(String address, String problem, boolean mayPass) {
    super(address + ": " + problem);
    this.problem = problem;
    this.mayPass = mayPass;
  }

  /** The message without the address. */
  String problem() {
    return problem;
  }

  boolean mayPass() {
    return mayPass;
  }
}
