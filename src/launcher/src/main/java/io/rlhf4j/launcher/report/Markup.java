package io.rlhf4j.launcher.report;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Builds XML, which browsers read as HTML too. Every text and attribute is escaped here, and what XML cannot hold
 * becomes a replacement character: no text of a model ends up as markup.
 */
final class Markup {

  private final StringBuilder xml = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** @param attributes names and values in turn */
  Markup open(String tag, String... attributes) {
    start(tag, attributes).append('>');
    open.push(tag);
    return this;
  }

  /** An element without content. */
  Markup empty(String tag, String... attributes) {
    start(tag, attributes).append("/>");
    return this;
  }

  private StringBuilder start(String tag, String... attributes) {
    xml.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      xml.append(' ').append(attributes[i]).append("=\"").append(escaped(attributes[i + 1])).append('"');
    }
    return xml;
  }

  Markup text(String text) {
    xml.append(escaped(text));
    return this;
  }

  /** An element that holds a text. */
  Markup element(String tag, String text, String... attributes) {
    return open(tag, attributes).text(text).close();
  }

  /** Ends the element that was opened last. */
  Markup close() {
    xml.append("</").append(open.pop()).append('>');
    return this;
  }

  /** A new line in the file, for people who read it. */
  Markup line() {
    xml.append('\n');
    return this;
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 16);
    text.codePoints().forEach(c -> {
      switch (c) {
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '&' -> escaped.append("&amp;");
        case '"' -> escaped.append("&quot;");
        case '\'' -> escaped.append("&#39;");
        default -> escaped.appendCodePoint(isAllowed(c) ? c : 0xFFFD);
      }
    });
    return escaped.toString();
  }

  /** XML 1.0, section 2.2; without characters that turn the direction of what follows, which could disguise a text. */
  private static boolean isAllowed(int c) {
    boolean character = c == '\t' || c == '\n' || c >= 0x20 && c <= 0xD7FF || c >= 0xE000 && c <= 0xFFFD
        || c >= 0x10000 && c <= 0x10FFFF;
    return character && !(c >= 0x7F && c <= 0x9F) && !(c >= 0x202A && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069);
  }

  /** @throws IllegalStateException if an element is still open */
  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException(open.peek() + " is still open");
    }
    return xml.toString();
  }
}
