package io.rlhf4j.launcher.health;

/**
 * Something that looks wrong.
 *
 * @param signal what it is about, as in {@code src/docs/health.md}
 * @param step iteration, from 1
 * @param text what was seen and what helps, one line
 */
public record Warning(String signal, long step, String text) {

  /** For people. */
  public String line() {
    return "warning (" + signal + ", iteration " + step + "): " + text;
  }
}
