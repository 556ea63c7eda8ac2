package io.rlhf4j.telemetry;

import java.io.Console;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

/**
 * Where progress is shown.
 *
 * @param out usually standard error, so that results on standard output stay clean
 * @param interactive whether a line may be drawn over with a carriage return
 */
public record Terminal(PrintStream out, boolean interactive) {

  /** The launcher script says whether standard error is a terminal; Java itself cannot find out. */
  private static final String TTY_PROPERTY = "rlhf4j.tty";

  public static Terminal system() {
    boolean dumb = "dumb".equals(System.getenv("TERM")) || System.getenv("CI") != null;
    return new Terminal(System.err, !dumb && isTerminal(System.getProperty(TTY_PROPERTY)));
  }

  private static boolean isTerminal(@Nullable String told) {
    if (told != null) {
      return Boolean.parseBoolean(told);
    }
    Console console = System.console();
    // Since JDK 22 there is a console even without a terminal, and a method that tells.
    return console != null && Runtime.version().feature() < 22;
  }
}
