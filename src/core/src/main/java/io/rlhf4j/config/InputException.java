package io.rlhf4j.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Something that a user gave is wrong. The message is one line that names the place (file, line or key), what is wrong
 * there and what would be right. The command line prints it without a stack trace and exits with code 2.
 */
public final class InputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The configuration key in question, relative to its record until the binder completes it. */
  private final @Nullable String key;

  /** The message without the key. */
  private final String problem;

  public InputException(String message) {
    this(null, message, null);
  }

  public InputException(String message, @Nullable Throwable cause) {
    this(null, message, cause);
  }

  private InputException(@Nullable String key, String problem, @Nullable Throwable cause) {
    super(key == null ? problem : key + ": " + problem, cause);
    this.key = key;
    this.problem = problem;
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
    return new InputException(key, problem, null);
  }

  @Nullable
  String key() {
    return key;
  }

  String problem() {
    return problem;
  }
}
