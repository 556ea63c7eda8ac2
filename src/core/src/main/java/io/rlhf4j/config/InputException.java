package io.rlhf4j.config;

import java.nio.file.Path;

/**
 * Something that a user gave is wrong. The message is one line that names the place (file, line or key), what is wrong
 * there and what would be right. The command line prints it without a stack trace and exits with code 2.
 */
public final class InputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public InputException(String message) {
    super(message);
  }

  public InputException(String message, Throwable cause) {
    super(message, cause);
  }

  /** A file as a whole: {@code "FILE: problem"}. */
  public static InputException in(Path file, String problem) {
    return new InputException(file + ": " + problem);
  }

  /** One line of a text file, counted from 1: {@code "FILE:LINE: problem"}. */
  public static InputException at(Path file, long line, String problem) {
    return new InputException(file + ":" + line + ": " + problem);
  }

  /** One configuration key: {@code "key: problem"}. */
  public static InputException key(String key, String problem) {
    return new InputException(key + ": " + problem);
  }
}
