package io.rlhf4j.data;

/** Thrown while one row is read; the reader counts it and goes on. */
final class BadRow extends Exception {

  private static final long serialVersionUID = 1L;

  private final SkipReason reason;

  BadRow(SkipReason reason) {
    super(reason.text(), null, false, false);
    this.reason = reason;
  }

  SkipReason reason() {
    return reason;
  }
}
