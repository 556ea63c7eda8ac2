package io.rlhf4j.reward.serve;

/** A request that is not scored; the message says why in one line. */
public final class Refused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** The queue is full: try again later. */
    FULL(503),
    /** The server is going down: try another one. */
    CLOSING(503),
    /** The request cannot be understood. */
    MALFORMED(400),
    /** It is longer than the server reads. */
    TOO_LARGE(413),
    /** It was not scored in time. */
    LATE(504),
    /** The rewards failed. */
    FAILED(500);

    private final int status;

    Reason(int status) {
      this.status = status;
    }

    /** The HTTP status that says so. */
    int status() {
      return status;
    }
  }

  private final Reason reason;

  public Refused(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
