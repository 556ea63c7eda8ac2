package io.rlhf4j.launcher.stage;

import io.rlhf4j.config.InputException;
import java.nio.file.Path;

/**
 * Something else is where an output should go. The message says what, its cause is the {@link InputException} for the
 * user of a command that can choose another place; a caller that cannot says something else.
 */
public final class OtherOutputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  OtherOutputException(Path output, String problem) {
    super(output + ": " + problem,
        InputException.in(output, problem + ", choose another place or give --overwrite"));
  }
}
