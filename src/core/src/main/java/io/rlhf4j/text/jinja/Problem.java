package io.rlhf4j.text.jinja;

import io.rlhf4j.config.InputException;

/** Something goes wrong while values are computed; the statement being rendered adds its line. */
final class Problem extends RuntimeException {

  private static final long serialVersionUID = 1L;

  Problem(String message) {
    super(message);
  }

  static InputException at(int line, String message) {
    return new InputException("chat template:" + line + ": " + message);
  }
}
