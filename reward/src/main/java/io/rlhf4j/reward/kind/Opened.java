package io.rlhf4j.reward.kind;

import java.util.ArrayDeque;

/** What has been opened so far, to be closed, the last first, if the rest cannot be opened. */
final class Opened implements AutoCloseable {

  private final ArrayDeque<AutoCloseable> opened = new ArrayDeque<>();

  <T extends AutoCloseable> T add(T one) {
    opened.push(one);
    return one;
  }

  @Override
  public void close() {
    for (AutoCloseable one : opened) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
